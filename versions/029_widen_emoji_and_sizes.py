"""Widen emoji and sizes

Wrapped from 029_widen_emoji_and_sizes.sql.
"""

from __future__ import annotations

from alembic import op

revision = "029"
down_revision = "028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "029_widen_emoji_and_sizes.sql",
        sha256="265e0348f630b9e57ec8a2962b6ee434e4c06a7b4d83de16857a2e8160eec230",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 029'")
