"""Group channels

Wrapped from 018_group_channels.sql.
"""

from __future__ import annotations

from alembic import op

revision = "018"
down_revision = "017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "018_group_channels.sql",
        sha256="838d6391a59efdde585b35b622865ebc31859a3058bdcb6523d5cfcdb57d24b8",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 018'")
