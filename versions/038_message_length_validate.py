"""Message length validate

Wrapped from 038_message_length_validate.sql.
"""

from __future__ import annotations

from alembic import op

revision = "038"
down_revision = "037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "038_message_length_validate.sql",
        sha256="8597097c2daab6aadc143b3a0cd0dc66db52fbbf0eabda5292f795bf838dd42e",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 038'")
