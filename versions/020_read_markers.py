"""Read markers

Wrapped from 020_read_markers.sql.
"""

from __future__ import annotations

from alembic import op

revision = "020"
down_revision = "019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "020_read_markers.sql",
        sha256="baf71b0cb5d9fe56c52437181c60933bff5507089d727463883164bd61a18a4d",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade cd88e813aeea5a7d
    # column chat.channel_members.last_read_message_id was created
    op.drop_column("channel_members", "last_read_message_id", schema="chat")

    # column chat.channel_members.mention_count was created
    op.drop_column("channel_members", "mention_count", schema="chat")
    # alembic-safety: end downgrade
