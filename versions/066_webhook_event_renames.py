"""Webhook event renames

Wrapped from 066_webhook_event_renames.sql.
"""

from __future__ import annotations

from alembic import op

revision = "066"
down_revision = "065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "066_webhook_event_renames.sql",
        sha256="41e5b9b09c1709fafb4466087f40fc5d2c8a43839ca416f976b82e4e05c0628a",
    )


def downgrade() -> None:
    op.run_sql_file(
        "066_webhook_event_renames.down.sql",
        sha256="d2b0dadb898cbc801d037510c865f1c0efc25aa52fb1859a67997e007c40fb7c",
    )
