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
    # alembic-safety: begin downgrade 0c45e982fb7fd59c
    # trigger chat.channels.channels_audit was created
    op.run_sql("DROP TRIGGER channels_audit ON chat.channels")

    # trigger identity.users.users_audit was created
    op.run_sql("DROP TRIGGER users_audit ON identity.users")

    # trigger identity.workspaces.workspaces_audit was created
    op.run_sql("DROP TRIGGER workspaces_audit ON identity.workspaces")

    # function audit.record() was created
    op.run_sql("DROP FUNCTION audit.record()")
    # alembic-safety: end downgrade
