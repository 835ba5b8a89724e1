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
    op.run_sql_file(
        "034_backfill_threads.sql",
        sha256="bd6266b826ada183f7c5d1ffe89c233325399ebe394850334a6ebe1b6fe08033",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 6e2bc85876e3091c
    # not given back: chat.threads: the upgrade inserts rows, which stay
    # not given back: chat.threads: the upgrade changes rows, and their old values are not kept
    pass
    # alembic-safety: end downgrade
