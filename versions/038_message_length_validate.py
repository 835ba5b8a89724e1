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
    op.run_sql_file(
        "038_message_length_validate.sql",
        sha256="8597097c2daab6aadc143b3a0cd0dc66db52fbbf0eabda5292f795bf838dd42e",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 153cb8055fa7c732
    # not given back: chat.messages: the upgrade changes rows, and their old values are not kept
    # constraint chat.messages.messages_body_length changed
    op.drop_constraint(op.f("messages_body_length"), "messages", schema="chat")
    op.run_sql("""
        ALTER TABLE chat.messages ADD CONSTRAINT messages_body_length CHECK (((char_length(body) >= 1) AND (char_length(body) <= 40000))) NOT VALID
    """)
    # alembic-safety: end downgrade
