"""Create channels

Wrapped from 007_create_channels.sql.
"""

from __future__ import annotations

from alembic import op

revision = "007"
down_revision = "006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "007_create_channels.sql",
        sha256="a69908830ade0d6f836d2ba7faca1e00be35142c0db27faeabe606ca9b2479a1",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 38cd60f3e325ebdf
    # table chat.channel_members was created
    op.drop_table("channel_members", schema="chat")

    # table chat.channels was created
    op.drop_table("channels", schema="chat")
    # alembic-safety: end downgrade
