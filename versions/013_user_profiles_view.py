"""User profiles view

Wrapped from 013_user_profiles_view.sql.
"""

from __future__ import annotations

from alembic import op

revision = "013"
down_revision = "012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "013_user_profiles_view.sql",
        sha256="acca8c72cd021a05d9c855cb689d2142edddec55d185862f9ff5fe52d1d5af9b",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade cf56865072b8df93
    # view identity.user_profiles was created
    op.run_sql("DROP VIEW identity.user_profiles")
    # alembic-safety: end downgrade
