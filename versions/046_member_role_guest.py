"""Member role guest

Wrapped from 046_member_role_guest.sql.
"""

from __future__ import annotations

from alembic import op

revision = "046"
down_revision = "045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "046_member_role_guest.sql",
        sha256="e9c948b1a0517416e3588a60d77c43a3b6bcbd0041d6ca42a5b398c54c986549",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 046'")
