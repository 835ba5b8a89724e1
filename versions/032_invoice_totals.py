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
    # alembic-safety: begin downgrade 681c7e30de449590
    # view billing.revenue_by_month was created
    op.run_sql("DROP VIEW billing.revenue_by_month")

    # constraint billing.invoices.invoices_tax_plausible was created
    op.drop_constraint(op.f("invoices_tax_plausible"), "invoices", schema="billing")

    # column billing.invoices.total was created
    op.drop_column("invoices", "total", schema="billing")
    # alembic-safety: end downgrade
