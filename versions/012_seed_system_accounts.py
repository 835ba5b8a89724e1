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
        sha256="a5203f340085dbe0019335bb9d0e3534cac0e8fcdf3f8a3747d87bcb2da90584",
    )
