"""Grants for app role

Wrapped from 011_grants_for_app_role.sql.
"""

from __future__ import annotations

from alembic import op

revision = "011"
down_revision = "010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "011_grants_for_app_role.sql",
        sha256="f148d98a2acad53e083306f272315b65457955445225d9e1b310f6419bcfbcc1",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 011'")
