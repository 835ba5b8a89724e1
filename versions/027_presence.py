"""Presence

Wrapped from 027_presence.sql.
"""

from __future__ import annotations

from alembic import op

revision = "027"
down_revision = "026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "027_presence.sql",
        sha256="ac128ba48a6be9d88daf2233b4cbbb899caeb2f13a969f5b03f6e176390b117a",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 027'")
