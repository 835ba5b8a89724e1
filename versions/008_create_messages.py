"""Create messages

Wrapped from 008_create_messages.sql.
"""

from __future__ import annotations

from alembic import op

revision = "008"
down_revision = "007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "008_create_messages.sql",
        sha256="eedccb9bf5b9bc0179a9b793af7d128034f5a35464c2528da34673ae5ba35cee",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 9bb8ef3baf32cfbf
    # table chat.messages was created
    op.drop_table("messages", schema="chat")
    # alembic-safety: end downgrade
