"""Calls

Wrapped from 054_calls.sql.
"""

from __future__ import annotations

from alembic import op

revision = "054"
down_revision = "053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "054_calls.sql",
        sha256="0469b84c97813738e54e0f565d237e46f667643a5dbd92ed9f0cca83f482e7cb",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 054'")
