"""Attachment uploader fkey

Wrapped from 039_attachment_uploader_fkey.sql.
"""

from __future__ import annotations

from alembic import op

revision = "039"
down_revision = "038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # alembic-safety: begin preserve 5c0a3af6c2f3ffaa
    op.expect_commits()
    op.preserve_rows("chat.attachments")
    # alembic-safety: end preserve
    # Outside of a transaction, lines 2 to 15: the file has its own BEGIN and COMMIT, which are kept.
    op.run_sql_file(
        "039_attachment_uploader_fkey.sql",
        sha256="3524dc32bb1aebe472d3409421277f1ac55062b11c90f2b8e6ece945ca79f245",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 497f15f00d215390
    op.begin_restore()

    # constraint chat.attachments.attachments_uploader_fkey was created
    op.drop_constraint(op.f("attachments_uploader_fkey"), "attachments", schema="chat")

    op.restore_rows("chat.attachments")
    op.end_restore()
    # alembic-safety: end downgrade
