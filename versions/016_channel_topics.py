"""Channel topics

Wrapped from 016_channel_topics.sql.
"""

from __future__ import annotations

from alembic import op

revision = "016"
down_revision = "015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "016_channel_topics.sql",
        sha256="d29c43b87d5a9ab2ed2dfa7bf898f9622f4d5b5f5f45f6dd31c7b1fb4e1f94dd",
    )


def downgrade() -> None:
    op.run_sql_file(
        "016_channel_topics.down.sql",
        sha256="56781affecbbc94d27c4c1ed77cbd9275245366c02a57828163967c3fcff7b67",
    )
