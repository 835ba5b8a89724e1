"""Unread views

Wrapped from 021_unread_views.sql.
"""

from __future__ import annotations

from alembic import op

revision = "021"
down_revision = "020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "021_unread_views.sql",
        sha256="133c1d6d0b74265e1b263d7f81fab1d0212107340520ff728fe9ac9b6d19d8d0",
    )


def downgrade() -> None:
    op.run_sql_file(
        "021_unread_views.down.sql",
        sha256="df3a53023fc35c72e5b334d03db1f57938d07b53f69ea38ede8a928ed25ffe41",
    )
