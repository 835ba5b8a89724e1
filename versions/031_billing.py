"""Billing

Wrapped from 031_billing.sql.
"""

from __future__ import annotations

from alembic import op

revision = "031"
down_revision = "030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "031_billing.sql",
        sha256="e66323c811b0c259f2fdebb78686647e137e8a83354a29ff32173807d9e717c2",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 031'")
