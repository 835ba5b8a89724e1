"""Message search vector

Wrapped from 014_message_search_vector.sql.
"""

from __future__ import annotations

from alembic import op

revision = "014"
down_revision = "013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # alembic-safety: begin preserve cf532395057d7073
    op.preserve_rows("chat.messages")
    # alembic-safety: end preserve
    op.run_sql_file(
        "014_message_search_vector.sql",
        sha256="7df4597ad994d6bd0a76e83e81caa768125ccc771ca4516118acd84cc97e0656",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade aae7d3e12c472dfa
    op.begin_restore()

    # trigger chat.messages.messages_search_refresh was created
    op.run_sql("DROP TRIGGER messages_search_refresh ON chat.messages")

    # function chat.messages_search_refresh() was created
    op.run_sql("DROP FUNCTION chat.messages_search_refresh()")

    # column chat.messages.search was created
    op.drop_column("messages", "search", schema="chat")

    op.restore_rows("chat.messages")
    op.end_restore()
    # alembic-safety: end downgrade
