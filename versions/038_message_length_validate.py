"""Message length validate

Wrapped from 038_message_length_validate.sql.
"""

from __future__ import annotations

from alembic import op

revision = "038"
down_revision = "037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # alembic-safety: begin preserve cf532395057d7073
    op.preserve_rows("chat.messages")
    # alembic-safety: end preserve
    op.run_sql_file(
        "038_message_length_validate.sql",
        sha256="8597097c2daab6aadc143b3a0cd0dc66db52fbbf0eabda5292f795bf838dd42e",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 59f0e09137d859d2
    op.begin_restore()

    # constraint chat.messages.messages_body_length changed
    op.drop_constraint(op.f("messages_body_length"), "messages", schema="chat")

    op.restore_rows("chat.messages")

    # constraint chat.messages.messages_body_length changed
    op.run_sql("""
        ALTER TABLE chat.messages ADD CONSTRAINT messages_body_length CHECK (((char_length(body) >= 1) AND (char_length(body) <= 40000))) NOT VALID
    """)

    op.end_restore()
    # alembic-safety: end downgrade
