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
    op.run_sql_file(
        "055_message_kind.sql",
        sha256="2b25cb1503183d580c1b73dd726c3a447be3eddcc0fcc2ea23a31995e106dfc8",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 957d5e9ae3525bd4
    # not given back: chat.messages: the upgrade changes rows, and their old values are not kept
    # column chat.messages.kind was created
    op.drop_column("messages", "kind", schema="chat")

    # enum chat.message_kind was created
    op.run_sql("DROP TYPE chat.message_kind")
    # alembic-safety: end downgrade
