"""Message importance

Wrapped from 074_message_importance.sql.
"""

from __future__ import annotations

from alembic import op

revision = "074"
down_revision = "073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "074_message_importance.sql",
        sha256="8833d3d45afc3adcc2252aa714fb5634db1821174d077a75ace9cb6ce4c0b2e6",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 6230470b64df729e
    # view chat.channel_previews changed
    op.run_sql("DROP VIEW chat.channel_previews")

    # column chat.messages.importance was created
    op.drop_column("messages", "importance", schema="chat")

    # view chat.channel_previews changed
    op.run_sql("""
        CREATE VIEW chat.channel_previews AS
        SELECT m.channel_id,
            chat.last("left"(m.body, 80) ORDER BY m.id) AS preview,
            max(m.created_at) AS last_message_at
           FROM chat.messages m
          WHERE (m.deleted_at IS NULL)
          GROUP BY m.channel_id
    """)
    # alembic-safety: end downgrade
