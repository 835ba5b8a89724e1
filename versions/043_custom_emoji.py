"""Custom emoji

Wrapped from 043_custom_emoji.sql.
"""

from __future__ import annotations

from alembic import op

revision = "043"
down_revision = "042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "043_custom_emoji.sql",
        sha256="dde3b219c7f350386980ddf195c919ec93224711d2532fe3dd3a13c00c3b50ee",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade e32a4726bf92ea0d
    # table chat.custom_emoji was created
    op.drop_table("custom_emoji", schema="chat")
    # alembic-safety: end downgrade
