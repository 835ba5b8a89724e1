"""Support tickets

Wrapped from 068_support_tickets.sql.
"""

from __future__ import annotations

from alembic import op

revision = "068"
down_revision = "067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "068_support_tickets.sql",
        sha256="8a910c641b02cc97a2310f5b56c0aecc320d0b8d6aeb707255f3b5a0118cb79f",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade ca77dbd957194932
    # table identity.tickets was created
    op.drop_table("tickets", schema="identity")

    # schema identity changed
    op.run_sql("REVOKE USAGE ON SCHEMA identity FROM lantern_support")
    # alembic-safety: end downgrade
