"""Workspace plan enum

Wrapped from 030_workspace_plan_enum.sql.
"""

from __future__ import annotations

from alembic import op

revision = "030"
down_revision = "029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # alembic-safety: begin preserve 34f3627429f2ffc6
    op.preserve_columns("identity.workspaces", ["plan"])
    # alembic-safety: end preserve
    op.run_sql_file(
        "030_workspace_plan_enum.sql",
        sha256="62f0e2865dfbb33768a2cef34c1f95623176e46ab4864a5d4d8ea0aaee6971d9",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 6ed9a53719b24c02
    op.begin_restore()

    # default identity.workspaces.plan changed
    # column identity.workspaces.plan changes
    op.run_sql("ALTER TABLE identity.workspaces ALTER COLUMN plan DROP DEFAULT")

    # column identity.workspaces.plan changed
    op.run_sql("ALTER TABLE identity.workspaces ALTER COLUMN plan TYPE text USING plan::text")

    op.restore_columns("identity.workspaces", ["plan"])

    # enum identity.plan was created
    op.run_sql("DROP TYPE identity.plan")

    # default identity.workspaces.plan changed
    op.run_sql("ALTER TABLE identity.workspaces ALTER COLUMN plan SET DEFAULT 'free'::text")

    # constraint identity.workspaces.workspaces_plan_check was dropped
    op.run_sql("""
        ALTER TABLE identity.workspaces ADD CONSTRAINT workspaces_plan_check CHECK ((plan = ANY (ARRAY['free'::text, 'team'::text, 'business'::text])))
    """)

    op.end_restore()
    # alembic-safety: end downgrade
