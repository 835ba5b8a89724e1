"""Rebuild search index

Wrapped from 057_rebuild_search_index.sql.
"""

from __future__ import annotations

from alembic import op

revision = "057"
down_revision = "056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Outside of a transaction, line 2: DROP INDEX CONCURRENTLY can't run in a transaction.
    # Outside of a transaction, line 7: CREATE INDEX CONCURRENTLY can't run in a transaction.
    op.run_sql_file(
        "057_rebuild_search_index.sql",
        sha256="d2cb5595f2a6325041cfd2b33a6ffed0165e2574779837576f87242798e649d3",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade ba77fa3561bd31c0
    # not given back: chat.messages: the upgrade changes rows, and their old values are not kept
    # index chat.messages_search_idx changed
    op.run_sql("ALTER INDEX chat.messages_search_idx SET (fastupdate=off)")
    # alembic-safety: end downgrade
