"""Message revisions

Wrapped from 047_message_revisions.sql.
"""

from __future__ import annotations

from alembic import op

revision = "047"
down_revision = "046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "047_message_revisions.sql",
        sha256="4db3ba47f26a8b37ec280eb462c35b1672745436534eb2630c43a3501b746545",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade f9373ebfe5313fa5
    # trigger chat.messages.messages_keep_revision was created
    op.run_sql("DROP TRIGGER messages_keep_revision ON chat.messages")

    # function chat.keep_revision() was created
    op.run_sql("DROP FUNCTION chat.keep_revision()")

    # table chat.message_revisions was created
    op.drop_table("message_revisions", schema="chat")
    # alembic-safety: end downgrade
