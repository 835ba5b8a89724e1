"""User settings jsonb

Wrapped from 040_user_settings_jsonb.sql.
"""

from __future__ import annotations

from alembic import op

revision = "040"
down_revision = "039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "040_user_settings_jsonb.sql",
        sha256="887a612dc1d49d028135cc48d2b6773c56583ecd11b54916907b80a86806f967",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 040'")
