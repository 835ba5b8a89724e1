"""Message length not valid

Wrapped from 037_message_length_not_valid.sql.
"""

from __future__ import annotations

from alembic import op

revision = "037"
down_revision = "036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "037_message_length_not_valid.sql",
        sha256="1f9a2af8b551e3768f27525f114567c2f803db2e2b0d260f26c6b4b2e991f747",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 6d21afb9e09d1e4e
    # constraint chat.messages.messages_body_length was created
    op.drop_constraint(op.f("messages_body_length"), "messages", schema="chat")
    # alembic-safety: end downgrade
