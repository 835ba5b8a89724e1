"""Member role enum

Wrapped from 045_member_role_enum.sql.
"""

from __future__ import annotations

from alembic import op

revision = "045"
down_revision = "044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "045_member_role_enum.sql",
        sha256="5a2e2d14377546d6ea2bb7c47c3842ce16d3ff4c173f4978a568ac443cb77997",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 045'")
