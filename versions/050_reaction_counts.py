"""Reaction counts

Wrapped from 050_reaction_counts.sql.
"""

from __future__ import annotations

from alembic import op

revision = "050"
down_revision = "049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "050_reaction_counts.sql",
        sha256="604a1ea0e04c124388b394ead2a6ce7afddabda6cc6569b04836e2569e993d2b",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 2c881ed229374e58
    # trigger chat.reactions.reactions_count_added was created
    op.run_sql("DROP TRIGGER reactions_count_added ON chat.reactions")

    # trigger chat.reactions.reactions_count_removed was created
    op.run_sql("DROP TRIGGER reactions_count_removed ON chat.reactions")

    # function chat.count_reactions() was created
    op.run_sql("DROP FUNCTION chat.count_reactions()")

    # table chat.reaction_counts was created
    op.drop_table("reaction_counts", schema="chat")
    # alembic-safety: end downgrade
