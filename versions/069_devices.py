"""Devices

Wrapped from 069_devices.sql.
"""

from __future__ import annotations

from alembic import op

revision = "069"
down_revision = "068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "069_devices.sql",
        sha256="c6f46d3a46b6d17164007f050416a096ca0a6a12693347dba470ea037b2956d8",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 069'")
