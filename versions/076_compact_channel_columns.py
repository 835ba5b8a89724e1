"""Compact channel columns

Wrapped from 076_compact_channel_columns.sql.
"""

from __future__ import annotations

from alembic import op

revision = "076"
down_revision = "075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # alembic-safety: begin preserve 8e86b2d003014ad1
    op.preserve_columns("chat.channels", ["topic", "topic_set_by", "topic_set_at"])
    # alembic-safety: end preserve
    op.run_sql_file(
        "076_compact_channel_columns.sql",
        sha256="2d37cecf8547f874dc5185f9bbbed848251d7c7794639ec59df915ac75c3d878",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 1316714a1483a28e
    op.begin_restore()

    # table chat.channel_topics was created
    op.drop_table("channel_topics", schema="chat")

    # column chat.channels.topic was dropped
    op.run_sql("ALTER TABLE chat.channels ADD COLUMN topic text")

    # column chat.channels.topic_set_by was dropped
    op.run_sql("ALTER TABLE chat.channels ADD COLUMN topic_set_by bigint")

    # column chat.channels.topic_set_at was dropped
    op.run_sql("ALTER TABLE chat.channels ADD COLUMN topic_set_at timestamp with time zone")

    op.restore_columns("chat.channels", ["topic", "topic_set_by", "topic_set_at"])

    # constraint chat.channels.channels_topic_complete was dropped
    op.run_sql("""
        ALTER TABLE chat.channels ADD CONSTRAINT channels_topic_complete CHECK (((topic IS NULL) = (topic_set_at IS NULL)))
    """)

    # constraint chat.channels.channels_topic_length was dropped
    op.run_sql("""
        ALTER TABLE chat.channels ADD CONSTRAINT channels_topic_length CHECK ((char_length(topic) <= 250))
    """)

    # constraint chat.channels.channels_topic_set_by_fkey was dropped
    op.run_sql("""
        ALTER TABLE chat.channels ADD CONSTRAINT channels_topic_set_by_fkey FOREIGN KEY (topic_set_by) REFERENCES identity.users(id) ON DELETE SET NULL
    """)

    op.end_restore()
    # alembic-safety: end downgrade
