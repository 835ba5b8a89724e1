"""Widen emoji and sizes

Wrapped from 029_widen_emoji_and_sizes.sql.
"""

from __future__ import annotations

from alembic import op

revision = "029"
down_revision = "028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "029_widen_emoji_and_sizes.sql",
        sha256="265e0348f630b9e57ec8a2962b6ee434e4c06a7b4d83de16857a2e8160eec230",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade a967917b31100440
    # constraint chat.reactions.reactions_emoji_length was created
    op.drop_constraint(op.f("reactions_emoji_length"), "reactions", schema="chat")

    # column chat.attachments.size_bytes changed
    op.run_sql("ALTER TABLE chat.attachments ALTER COLUMN size_bytes TYPE integer")

    # column chat.reactions.emoji changed
    op.run_sql("ALTER TABLE chat.reactions ALTER COLUMN emoji TYPE character varying(16)")
    # alembic-safety: end downgrade
