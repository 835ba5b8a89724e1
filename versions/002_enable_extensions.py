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
    # alembic-safety: begin downgrade b878aa10f8147ffa
    # extension "uuid-ossp" was created
    op.run_sql('DROP EXTENSION "uuid-ossp"')

    # extension citext was created
    op.run_sql("DROP EXTENSION citext")

    # extension pgcrypto was created
    op.run_sql("DROP EXTENSION pgcrypto")
    # alembic-safety: end downgrade
