"""Unread with threads

Wrapped from 063_unread_with_threads.sql.
"""

from __future__ import annotations

from alembic import op

revision = "063"
down_revision = "062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "063_unread_with_threads.sql",
        sha256="36610f40ccb7f8252526090d9f7c5b0262328006f32c0a88ecee5b393fc87cc0",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 063'")
