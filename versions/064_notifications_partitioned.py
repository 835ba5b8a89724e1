"""Notifications partitioned

Wrapped from 064_notifications_partitioned.sql.
"""

from __future__ import annotations

from alembic import op

revision = "064"
down_revision = "063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "064_notifications_partitioned.sql",
        sha256="bbb8462f416b7f7557c37bd5881fc960fe7930467bf7aa0d8c0bfdd0a2f5bca6",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade b3ae8d8142daccb0
    # table chat.notifications was created
    op.drop_table("notifications", schema="chat")
    # alembic-safety: end downgrade
