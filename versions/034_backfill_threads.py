"""Backfill threads

Wrapped from 034_backfill_threads.sql.
"""

from __future__ import annotations

from alembic import op

revision = "034"
down_revision = "033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # alembic-safety: begin preserve 8bf6f78dd35e07c1
    op.preserve_rows("chat.threads")
    # alembic-safety: end preserve
    op.run_sql_file(
        "034_backfill_threads.sql",
        sha256="bd6266b826ada183f7c5d1ffe89c233325399ebe394850334a6ebe1b6fe08033",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 7d74dd73c8002075
    op.begin_restore()
    op.restore_rows("chat.threads")
    op.end_restore()
    # alembic-safety: end downgrade
