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
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 065'")
