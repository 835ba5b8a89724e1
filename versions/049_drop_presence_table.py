"""Drop presence table

Wrapped from 049_drop_presence_table.sql.
"""

from __future__ import annotations

from alembic import op

revision = "049"
down_revision = "048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "049_drop_presence_table.sql",
        sha256="b8cd45c62f46523dbe3f009d01adcdfaa5e4e52601e7037f76f56e23785d8e10",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 049'")
