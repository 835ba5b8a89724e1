"""Invoice totals

Wrapped from 032_invoice_totals.sql.
"""

from __future__ import annotations

from alembic import op

revision = "032"
down_revision = "031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "032_invoice_totals.sql",
        sha256="952a3d7a2e16b06d6797224176365056f5bf284f21ab4fe41b125fb3f67e71f2",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 032'")
