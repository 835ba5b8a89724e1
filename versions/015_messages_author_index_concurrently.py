"""Messages author index concurrently

Wrapped from 015_messages_author_index_concurrently.sql.
"""

from __future__ import annotations

from alembic import op

revision = "015"
down_revision = "014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Outside of a transaction, line 2: CREATE INDEX CONCURRENTLY can't run in a transaction.
    op.run_sql_file(
        "015_messages_author_index_concurrently.sql",
        sha256="4fefbbdfb2547f5fbd80ccbb5d17fa002467315be84d93ea86865f48b371dc5b",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 4eda7a9b53338dd8
    # index chat.messages_author_recent_idx was created
    op.drop_index(op.f("messages_author_recent_idx"), schema="chat")
    # alembic-safety: end downgrade
