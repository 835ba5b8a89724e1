"""Change feed

Wrapped from 073_change_feed.sql.
"""

from __future__ import annotations

from alembic import op

revision = "073"
down_revision = "072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "073_change_feed.sql",
        sha256="91287b6e606e1bfe31a7ed9b51b7031ac7583ba741c65a6170c80468228c8eb9",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade a55b70fa008f3d3d
    # publication lantern_search was created
    op.run_sql("DROP PUBLICATION lantern_search")

    # table chat.message_revisions changed
    op.run_sql("ALTER TABLE chat.message_revisions REPLICA IDENTITY DEFAULT")

    # table chat.reactions changed
    op.run_sql("ALTER TABLE chat.reactions REPLICA IDENTITY DEFAULT")
    # alembic-safety: end downgrade
