"""Create attachments

Wrapped from 010_create_attachments.sql.
"""

from __future__ import annotations

from alembic import op

revision = "010"
down_revision = "009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "010_create_attachments.sql",
        sha256="24fd47ca28665154deedd8eac72d43265e5bea34d29a9115dd63b574dd0d4eab",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade eea2b0897cd8293e
    # table chat.attachments was created
    op.drop_table("attachments", schema="chat")
    # alembic-safety: end downgrade
