"""Presence

Wrapped from 027_presence.sql.
"""

from __future__ import annotations

from alembic import op

revision = "027"
down_revision = "026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "027_presence.sql",
        sha256="ac128ba48a6be9d88daf2233b4cbbb899caeb2f13a969f5b03f6e176390b117a",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 26181864bf0ad0ab
    # table chat.presence was created
    op.drop_table("presence", schema="chat")
    # alembic-safety: end downgrade
