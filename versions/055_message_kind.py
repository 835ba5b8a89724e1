"""Message kind

Wrapped from 055_message_kind.sql.
"""

from __future__ import annotations

from alembic import op

revision = "055"
down_revision = "054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "055_message_kind.sql",
        sha256="2b25cb1503183d580c1b73dd726c3a447be3eddcc0fcc2ea23a31995e106dfc8",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 055'")
