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
    # alembic-safety: begin downgrade 4bfc2158b89ad003
    # table billing.invoices was created
    op.drop_table("invoices", schema="billing")

    # table billing.subscriptions was created
    op.drop_table("subscriptions", schema="billing")

    # domain billing.amount was created
    op.run_sql("DROP DOMAIN billing.amount")

    # domain billing.currency was created
    op.run_sql("DROP DOMAIN billing.currency")

    # schema billing was created
    op.run_sql("DROP SCHEMA billing")
    # alembic-safety: end downgrade
