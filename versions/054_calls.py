"""Calls

Wrapped from 054_calls.sql.
"""

from __future__ import annotations

from alembic import op

revision = "054"
down_revision = "053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "054_calls.sql",
        sha256="0469b84c97813738e54e0f565d237e46f667643a5dbd92ed9f0cca83f482e7cb",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade d73d422986813516
    # table chat.call_participants was created
    op.drop_table("call_participants", schema="chat")

    # table chat.calls was created
    op.drop_table("calls", schema="chat")

    # composite chat.call_quality was created
    op.run_sql("DROP TYPE chat.call_quality")
    # alembic-safety: end downgrade
