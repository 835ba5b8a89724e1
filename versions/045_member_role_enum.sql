-- Roles as a type, as we did for plans in 030. The policies coming up in Q1
-- compare roles, and varchar comparisons sort 'admin' before 'owner'.
CREATE TYPE identity.member_role AS ENUM ('member', 'admin', 'owner');

ALTER TABLE identity.workspace_members
    DROP CONSTRAINT workspace_members_role_check,
    ALTER COLUMN role DROP DEFAULT,
    ALTER COLUMN role TYPE identity.member_role USING role::identity.member_role,
    ALTER COLUMN role SET DEFAULT 'member';

CREATE INDEX workspace_members_staff_idx
    ON identity.workspace_members (workspace_id)
    WHERE role >= 'admin';
