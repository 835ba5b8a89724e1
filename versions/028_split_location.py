"""Split location

Wrapped from 028_split_location.sql.
"""

from __future__ import annotations

from alembic import op

revision = "028"
down_revision = "027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "028_split_location.sql",
        sha256="8ee8fbd151761a5401d2ef8f7fd146343934d056b95448db05ff289d2821f5de",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 028'")
