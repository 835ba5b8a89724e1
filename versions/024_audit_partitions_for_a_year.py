"""Audit partitions for a year

Wrapped from 024_audit_partitions_for_a_year.sql.
"""

from __future__ import annotations

from alembic import op

revision = "024"
down_revision = "023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "024_audit_partitions_for_a_year.sql",
        sha256="6005b8b38d14679819c3cec7179f1abf110241f7ae9951bee68869cf2d1e7f8a",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 024'")
