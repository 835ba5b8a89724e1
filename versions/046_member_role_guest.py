"""Member role guest

Wrapped from 046_member_role_guest.sql.
"""

from __future__ import annotations

from alembic import op

revision = "046"
down_revision = "045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "046_member_role_guest.sql",
        sha256="e9c948b1a0517416e3588a60d77c43a3b6bcbd0041d6ca42a5b398c54c986549",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 4b0b75b0a56f19c1
    # enum identity.member_role was renamed
    # the server cannot change it in place, so it is built anew
    op.run_sql("ALTER TYPE identity.member_role RENAME TO member_role__after")

    # index identity.workspace_members_staff_idx changed
    # column identity.workspace_members.role changes
    op.drop_index(op.f("workspace_members_staff_idx"), schema="identity")

    # default identity.workspace_members.role changed
    # column identity.workspace_members.role changes
    op.run_sql("ALTER TABLE identity.workspace_members ALTER COLUMN role DROP DEFAULT")

    # enum identity.member_role was dropped
    op.run_sql("CREATE TYPE identity.member_role AS ENUM ('member', 'admin', 'owner')")

    # column identity.workspace_members.role changed
    op.run_sql("""
        ALTER TABLE identity.workspace_members ALTER COLUMN role TYPE identity.member_role USING role::text::identity.member_role
    """)

    # enum identity.member_role__after was created
    op.run_sql("DROP TYPE identity.member_role__after")

    # default identity.workspace_members.role changed
    op.run_sql("""
        ALTER TABLE identity.workspace_members ALTER COLUMN role SET DEFAULT 'member'::identity.member_role
    """)

    # index identity.workspace_members_staff_idx changed
    op.run_sql("""
        CREATE INDEX workspace_members_staff_idx ON identity.workspace_members USING btree (workspace_id) WHERE (role >= 'admin'::identity.member_role)
    """)
    # alembic-safety: end downgrade
