"""Message kind

Wrapped from 055_message_kind.sql.
"""

from __future__ import annotations

from alembic import op

revision = "055"
down_revision = "054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # alembic-safety: begin preserve cf532395057d7073
    op.preserve_rows("chat.messages")
    # alembic-safety: end preserve
    op.run_sql_file(
        "055_message_kind.sql",
        sha256="2b25cb1503183d580c1b73dd726c3a447be3eddcc0fcc2ea23a31995e106dfc8",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade b67d6d09917b39b4
    op.begin_restore()

    # column chat.messages.kind was created
    op.drop_column("messages", "kind", schema="chat")

    # enum chat.message_kind was created
    op.run_sql("DROP TYPE chat.message_kind")

    op.restore_rows("chat.messages")
    op.end_restore()
    # alembic-safety: end downgrade
