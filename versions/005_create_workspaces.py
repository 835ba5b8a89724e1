"""Create workspaces

Wrapped from 005_create_workspaces.sql.
"""

from __future__ import annotations

from alembic import op

revision = "005"
down_revision = "004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "005_create_workspaces.sql",
        sha256="4ddfecf187001e2ef958f351591eb68f425b06da86451e878900f7b7d7d6929d",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade f55c10d69344534a
    # table identity.workspace_members was created
    op.drop_table("workspace_members", schema="identity")

    # table identity.workspaces was created
    op.drop_table("workspaces", schema="identity")
    # alembic-safety: end downgrade
