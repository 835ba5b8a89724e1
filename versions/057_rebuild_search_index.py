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
    # alembic-safety: begin preserve 461101124f13c978
    op.expect_commits()
    op.preserve_rows("chat.messages")
    # alembic-safety: end preserve
    # Outside of a transaction, line 2: DROP INDEX CONCURRENTLY can't run in a transaction.
    # Outside of a transaction, line 7: CREATE INDEX CONCURRENTLY can't run in a transaction.
    op.run_sql_file(
        "057_rebuild_search_index.sql",
        sha256="d2cb5595f2a6325041cfd2b33a6ffed0165e2574779837576f87242798e649d3",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade e1bf72e4b0ac4b33
    op.begin_restore()

    # index chat.messages_search_idx changed
    op.run_sql("ALTER INDEX chat.messages_search_idx SET (fastupdate=off)")

    op.restore_rows("chat.messages")
    op.end_restore()
    # alembic-safety: end downgrade
