"""Threads

Wrapped from 033_threads.sql.
"""

from __future__ import annotations

from alembic import op

revision = "033"
down_revision = "032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "033_threads.sql",
        sha256="30134ef74d245f5795a80b76f1233a9bc24a8d653cb6433cc9b7cb16cacc9fd4",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 111c49f72e01ca68
    # trigger chat.messages.messages_threads was created
    op.run_sql("DROP TRIGGER messages_threads ON chat.messages")

    # function chat.threads_on_reply() was created
    op.run_sql("DROP FUNCTION chat.threads_on_reply()")

    # table chat.threads was created
    op.drop_table("threads", schema="chat")
    # alembic-safety: end downgrade
