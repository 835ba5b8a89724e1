"""Channel sections

Wrapped from 053_channel_sections.sql.
"""

from __future__ import annotations

from alembic import op

revision = "053"
down_revision = "052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "053_channel_sections.sql",
        sha256="54e8eab32d22ff72f5fb0153d7b044c9adae17a061e82d11019b4a708a10fab5",
    )


def downgrade() -> None:
    op.run_sql_file(
        "053_channel_sections.down.sql",
        sha256="c49afeb034eb5e81f8d7124853987235612859533a746037f17fc109d2a7abfb",
    )
