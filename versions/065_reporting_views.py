"""Reporting views

Wrapped from 065_reporting_views.sql.
"""

from __future__ import annotations

from alembic import op

revision = "065"
down_revision = "064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "065_reporting_views.sql",
        sha256="f068a631c4deb58e2117b444cb84bed4c70a65e72bdcf96bd589def4ee68bfeb",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade edd1518a8005e1eb
    # default acl postgres IN SCHEMA reporting TABLES was created
    op.run_sql("""
        ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA reporting REVOKE SELECT ON TABLES FROM lantern_report
    """)

    # view reporting.seats was created
    op.run_sql("DROP VIEW reporting.seats")

    # view reporting.paying_workspaces was created
    op.run_sql("DROP VIEW reporting.paying_workspaces")

    # view reporting.active_workspaces was created
    op.run_sql("DROP VIEW reporting.active_workspaces")

    # schema reporting was created
    op.run_sql("DROP SCHEMA reporting")
    # alembic-safety: end downgrade
