"""Swap reactions table

Wrapped from 051_swap_reactions_table.sql.
"""

from __future__ import annotations

from alembic import op

revision = "051"
down_revision = "050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "051_swap_reactions_table.sql",
        sha256="2b5065673967d0d97a6a26574bcfcc9231412d0ddd50a1c45d6270492d52d7b2",
    )


def downgrade() -> None:
    op.run_sql_file(
        "051_swap_reactions_table.down.sql",
        sha256="0cbecaae0ed369c38c59d4e2bc267440e6e7d9c6e4d274b3948c65c1b94cdf04",
    )
