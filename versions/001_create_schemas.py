"""Create schemas

Wrapped from 001_create_schemas.sql.
"""

from __future__ import annotations

from alembic import op

revision = "001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "001_create_schemas.sql",
        sha256="c267cd3c204fc3857cd3b4aaf0baf15450000a39a10f52fa3bad9299a1d44b07",
    )


def downgrade() -> None:
    op.run_sql_file(
        "001_create_schemas.down.sql",
        sha256="067c0de73a2fbef239a8f850ee124b1ee058c2749a6aaf11dd2b8c6754f3382b",
    )
