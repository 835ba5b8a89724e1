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
    op.run_sql_file(
        "030_workspace_plan_enum.sql",
        sha256="62f0e2865dfbb33768a2cef34c1f95623176e46ab4864a5d4d8ea0aaee6971d9",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 030'")
