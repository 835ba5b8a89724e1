"""Attachments compat rules

Wrapped from 062_attachments_compat_rules.sql.
"""

from __future__ import annotations

from alembic import op

revision = "062"
down_revision = "061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "062_attachments_compat_rules.sql",
        sha256="d7b8a98ae66e96c8405beee6d0a51160c9c588346c600e95ad58b8f114e1993a",
    )


def downgrade() -> None:
    op.run_sql_file(
        "062_attachments_compat_rules.down.sql",
        sha256="ebf4f72cbe3973196d4dec57bec6d0c3430884825a2a830bc9a0101a1a853949",
    )
