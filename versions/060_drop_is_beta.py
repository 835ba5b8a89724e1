"""Drop is beta

Wrapped from 060_drop_is_beta.sql.
"""

from __future__ import annotations

from alembic import op

revision = "060"
down_revision = "059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "060_drop_is_beta.sql",
        sha256="85c2d24de671999e28e69956d1df69989a469b1d93cf4044b08f3ed94de7b731",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 060'")
