"""Message importance

Wrapped from 074_message_importance.sql.
"""

from __future__ import annotations

from alembic import op

revision = "074"
down_revision = "073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "074_message_importance.sql",
        sha256="8833d3d45afc3adcc2252aa714fb5634db1821174d077a75ace9cb6ce4c0b2e6",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 074'")
