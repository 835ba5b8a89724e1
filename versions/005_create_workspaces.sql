CREATE TABLE identity.workspaces (
    id         BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 1000) PRIMARY KEY,
    slug       TEXT NOT NULL,
    name       TEXT NOT NULL,
    owner_id   BIGINT NOT NULL REFERENCES identity.users (id) ON DELETE RESTRICT,
    plan       TEXT NOT NULL DEFAULT 'free',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT workspaces_slug_format CHECK (slug ~ '^[a-z0-9-]{3,40}$'),
    CONSTRAINT workspaces_plan_check CHECK (plan IN ('free', 'team', 'business'))
);

-- slugs end up in host names, so they are unique whatever the case
CREATE UNIQUE INDEX workspaces_slug_lower_key ON identity.workspaces (lower(slug));

CREATE TABLE identity.workspace_members (
    workspace_id BIGINT NOT NULL REFERENCES identity.workspaces (id) ON DELETE CASCADE,
    user_id      BIGINT NOT NULL REFERENCES identity.users (id) ON DELETE CASCADE,
    role         VARCHAR(16) NOT NULL DEFAULT 'member',
    joined_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, user_id),
    CONSTRAINT workspace_members_role_check CHECK (role IN ('owner', 'admin', 'member'))
);

CREATE INDEX workspace_members_user_id_idx ON identity.workspace_members (user_id);
