"""Compact channel columns

Wrapped from 076_compact_channel_columns.sql.
"""

from __future__ import annotations

from alembic import op

revision = "076"
down_revision = "075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "076_compact_channel_columns.sql",
        sha256="2d37cecf8547f874dc5185f9bbbed848251d7c7794639ec59df915ac75c3d878",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 076'")
