"""Reaction counts

Wrapped from 050_reaction_counts.sql.
"""

from __future__ import annotations

from alembic import op

revision = "050"
down_revision = "049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "050_reaction_counts.sql",
        sha256="604a1ea0e04c124388b394ead2a6ce7afddabda6cc6569b04836e2569e993d2b",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 050'")
