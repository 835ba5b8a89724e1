"""Audit triggers

Wrapped from 023_audit_triggers.sql.
"""

from __future__ import annotations

from alembic import op

revision = "023"
down_revision = "022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "023_audit_triggers.sql",
        sha256="057893034e4809e56dbc63d14e44a69971d2e904a86e44fedecbc06438f97035",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 023'")
