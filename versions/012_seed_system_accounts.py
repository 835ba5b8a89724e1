"""Seed system accounts

Wrapped from 012_seed_system_accounts.sql.
"""

from __future__ import annotations

from alembic import op

revision = "012"
down_revision = "011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "012_seed_system_accounts.sql",
        sha256="9633930a6cbc45bbddbfc39ad9fadc4f4795d8e83d71536f88ac2e0ba112e919",
    )


def downgrade() -> None:
    op.run_sql_file(
        "012_seed_system_accounts.down.sql",
        sha256="86ab9f28c55f1557885f929155401da75369e31190b11d504c3fc7406ee721ad",
    )
