"""Soft delete columns

Wrapped from 048_soft_delete_columns.sql.
"""

from __future__ import annotations

from alembic import op

revision = "048"
down_revision = "047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "048_soft_delete_columns.sql",
        sha256="f411f70a33a3cf78283500d9c3df4c2cadcac98b6cd1ce4ad89db7297ab3ad1d",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 63d400087ad325e4
    # column chat.channels.deleted_at was created
    op.drop_column("channels", "deleted_at", schema="chat")

    # column chat.custom_emoji.deleted_at was created
    op.drop_column("custom_emoji", "deleted_at", schema="chat")

    # column chat.webhooks.deleted_at was created
    op.drop_column("webhooks", "deleted_at", schema="chat")

    # column identity.workspaces.deleted_at was created
    op.drop_column("workspaces", "deleted_at", schema="identity")
    # alembic-safety: end downgrade
