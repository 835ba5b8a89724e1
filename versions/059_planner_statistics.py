"""Planner statistics

Wrapped from 059_planner_statistics.sql.
"""

from __future__ import annotations

from alembic import op

revision = "059"
down_revision = "058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "059_planner_statistics.sql",
        sha256="904550dd681fb567a34550e0fd7f779ce933aa04860da48bb805ac66d5285934",
    )


def downgrade() -> None:
    op.run_sql_file(
        "059_planner_statistics.down.sql",
        sha256="04558fdf5966ed0c037e264ed94d1a4c6d13adaf5d1e97d68d7d3cc78bb23ebb",
    )
