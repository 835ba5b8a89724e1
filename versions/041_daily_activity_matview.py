"""Daily activity matview

Wrapped from 041_daily_activity_matview.sql.
"""

from __future__ import annotations

from alembic import op

revision = "041"
down_revision = "040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "041_daily_activity_matview.sql",
        sha256="9e104e01267228529c4d4770b53ac7fcc60d53dcea3f7e4e0f76fdad4d1c5764",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 61dfe5c0143aa299
    # view chat.weekly_activity was created
    op.run_sql("DROP VIEW chat.weekly_activity")

    # materialized view chat.daily_activity was created
    op.run_sql("DROP MATERIALIZED VIEW chat.daily_activity")
    # alembic-safety: end downgrade
