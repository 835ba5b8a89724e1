"""Change feed

Wrapped from 073_change_feed.sql.
"""

from __future__ import annotations

from alembic import op

revision = "073"
down_revision = "072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "073_change_feed.sql",
        sha256="91287b6e606e1bfe31a7ed9b51b7031ac7583ba741c65a6170c80468228c8eb9",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 073'")
