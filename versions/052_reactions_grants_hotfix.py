"""Reactions grants hotfix

Wrapped from 052_reactions_grants_hotfix.sql.
"""

from __future__ import annotations

from alembic import op

revision = "052"
down_revision = "051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "052_reactions_grants_hotfix.sql",
        sha256="1fdadc29d3c95f8f4f8d6b0ad64b983a8d2b762a1ee9e0a2c6369fcabf0b2fee",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 49e249fb4d26c5f6
    # column chat.reactions.message_id changed
    op.run_sql("REVOKE SELECT (message_id) ON TABLE chat.reactions FROM lantern_report")

    # column chat.reactions.emoji changed
    op.run_sql("REVOKE SELECT (emoji) ON TABLE chat.reactions FROM lantern_report")

    # column chat.reactions.created_at changed
    op.run_sql("REVOKE SELECT (created_at) ON TABLE chat.reactions FROM lantern_report")
    # alembic-safety: end downgrade
