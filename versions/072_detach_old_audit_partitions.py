"""Detach old audit partitions

Wrapped from 072_detach_old_audit_partitions.sql.
"""

from __future__ import annotations

from alembic import op

revision = "072"
down_revision = "071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "072_detach_old_audit_partitions.sql",
        sha256="a36b3548ad2ddd034cafa7c95e02d5c44bbc7c4c9f0f176c30aa430ec7128b7e",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 072'")
