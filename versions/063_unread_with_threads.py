"""Unread with threads

Wrapped from 063_unread_with_threads.sql.
"""

from __future__ import annotations

from alembic import op

revision = "063"
down_revision = "062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "063_unread_with_threads.sql",
        sha256="36610f40ccb7f8252526090d9f7c5b0262328006f32c0a88ecee5b393fc87cc0",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade f7787fe7afe99323
    # view chat.unread_by_workspace changed
    op.run_sql("DROP VIEW chat.unread_by_workspace")

    # view chat.unread_by_member changed
    op.run_sql("DROP VIEW chat.unread_by_member")

    # table chat.thread_followers was created
    op.drop_table("thread_followers", schema="chat")

    # view chat.unread_by_member changed
    op.run_sql("""
        CREATE VIEW chat.unread_by_member AS
        SELECT cm.user_id,
            cm.channel_id,
            c.workspace_id,
            count(m.id) AS unread,
            cm.mention_count AS mentions
           FROM ((chat.channel_members cm
             JOIN chat.channels c ON ((c.id = cm.channel_id)))
             LEFT JOIN chat.messages m ON (((m.channel_id = cm.channel_id) AND (m.id > COALESCE(cm.last_read_message_id, (0)::bigint)) AND (m.deleted_at IS NULL))))
          WHERE (NOT cm.muted)
          GROUP BY cm.user_id, cm.channel_id, c.workspace_id, cm.mention_count
    """)

    # view chat.unread_by_workspace changed
    op.run_sql("""
        CREATE VIEW chat.unread_by_workspace AS
        SELECT unread_by_member.user_id,
            unread_by_member.workspace_id,
            sum(unread_by_member.unread) AS unread,
            sum(unread_by_member.mentions) AS mentions
           FROM chat.unread_by_member
          GROUP BY unread_by_member.user_id, unread_by_member.workspace_id
    """)

    # column chat.unread_by_workspace.unread was dropped
    op.run_sql("COMMENT ON COLUMN chat.unread_by_workspace.unread IS 'Muted channels don''t count'")
    # alembic-safety: end downgrade
