"""Rename full name

Wrapped from 019_rename_full_name.sql.
"""

from __future__ import annotations

from alembic import op

revision = "019"
down_revision = "018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "019_rename_full_name.sql",
        sha256="feab189476d528f064ca024ef7ee1f41b8619e6cb25fd3168fae078a1f539ed2",
    )


def downgrade() -> None:
    op.run_sql_file(
        "019_rename_full_name.down.sql",
        sha256="0447063c9d336256070e19948788f14ee33826405952f9a34022ae8ce4c3426b",
    )
