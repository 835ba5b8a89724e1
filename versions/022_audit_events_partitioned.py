"""Audit events partitioned

Wrapped from 022_audit_events_partitioned.sql.
"""

from __future__ import annotations

from alembic import op

revision = "022"
down_revision = "021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "022_audit_events_partitioned.sql",
        sha256="acab00baf90d8e8da865adc19178277dc5179f587d6de5e4773db6f3c2254ae8",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 794eb870d5042345
    # table audit.events was created
    op.drop_table("events", schema="audit")

    # schema audit changed
    op.run_sql("REVOKE USAGE ON SCHEMA audit FROM lantern_app")
    # alembic-safety: end downgrade
