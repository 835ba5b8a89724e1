"""Create reactions

Wrapped from 009_create_reactions.sql.
"""

from __future__ import annotations

from alembic import op

revision = "009"
down_revision = "008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "009_create_reactions.sql",
        sha256="563bae20b0b1e28bd3f89fa597ca897d14fc17e24920acf7fcb05a57b144b12a",
    )


def downgrade() -> None:
    op.run_sql_file(
        "009_create_reactions.down.sql",
        sha256="22d6b2e6704bd4678aff22158e4dd3ff80d8517241e88b1fafab80cb147e38d5",
    )
