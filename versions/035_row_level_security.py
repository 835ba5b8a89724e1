"""Row level security

Wrapped from 035_row_level_security.sql.
"""

from __future__ import annotations

from alembic import op

revision = "035"
down_revision = "034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "035_row_level_security.sql",
        sha256="3aa8015fb39d937708b4062e45e0f782b14a82e231b6aa64ce1525f6c638e5b6",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 035'")
