"""Webhooks

Wrapped from 044_webhooks.sql.
"""

from __future__ import annotations

from alembic import op

revision = "044"
down_revision = "043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "044_webhooks.sql",
        sha256="65083f5485b05f6aed1333d4e2784d361a5c55afe4e0e60fd984a2802cd1c083",
    )


def downgrade() -> None:
    op.run_sql_file(
        "044_webhooks.down.sql",
        sha256="0d29f79c908e73029250d8c45d321546061d26115d0ff99514c74c1d7338b5af",
    )
