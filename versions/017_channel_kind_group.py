"""Channel kind group

Wrapped from 017_channel_kind_group.sql.
"""

from __future__ import annotations

from alembic import op

revision = "017"
down_revision = "016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "017_channel_kind_group.sql",
        sha256="a903f7fc3ae557eec8d0b909d1a2f13467ec40c19dbbef9fb9cafca30deed3c4",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 017'")
