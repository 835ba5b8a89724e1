"""Message search vector

Wrapped from 014_message_search_vector.sql.
"""

from __future__ import annotations

from alembic import op

revision = "014"
down_revision = "013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "014_message_search_vector.sql",
        sha256="7df4597ad994d6bd0a76e83e81caa768125ccc771ca4516118acd84cc97e0656",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 014'")
