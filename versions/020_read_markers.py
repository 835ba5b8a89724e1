"""Read markers

Wrapped from 020_read_markers.sql.
"""

from __future__ import annotations

from alembic import op

revision = "020"
down_revision = "019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "020_read_markers.sql",
        sha256="baf71b0cb5d9fe56c52437181c60933bff5507089d727463883164bd61a18a4d",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 020'")
