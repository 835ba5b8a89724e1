"""Rls membership function

Wrapped from 036_rls_membership_function.sql.
"""

from __future__ import annotations

from alembic import op

revision = "036"
down_revision = "035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "036_rls_membership_function.sql",
        sha256="9652a53754d8d2f184f72824c37abe0cd11adae205e466258f74d4d782ab681f",
    )


def downgrade() -> None:
    op.run_sql_file(
        "036_rls_membership_function.down.sql",
        sha256="a54d3df8192114419b7ef2824917b1b926069ebc58777916d51dcde65346c909",
    )
