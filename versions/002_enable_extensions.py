"""Enable extensions

Wrapped from 002_enable_extensions.sql.
"""

from __future__ import annotations

from alembic import op

revision = "002"
down_revision = "001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "002_enable_extensions.sql",
        sha256="92c3f9c7112d32597b7461455d30ce2673ec68839bc32c0cadea18722ee225c8",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 002'")
