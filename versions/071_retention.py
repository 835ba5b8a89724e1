"""Retention

Wrapped from 071_retention.sql.
"""

from __future__ import annotations

from alembic import op

revision = "071"
down_revision = "070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "071_retention.sql",
        sha256="4405323ba79a04ca53e2d8a90c82055a0ce8912e133cfb4006d9c727a26d4992",
    )


def downgrade() -> None:
    op.run_sql_file(
        "071_retention.down.sql",
        sha256="987edef174dc3c3ef1d54ceb39c7150c6cff965d0ba702d37f190e9c269c7854",
    )
