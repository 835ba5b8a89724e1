"""Text search configuration

Wrapped from 056_text_search_configuration.sql.
"""

from __future__ import annotations

from alembic import op

revision = "056"
down_revision = "055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "056_text_search_configuration.sql",
        sha256="89bb21d41c5a143a177ab0f65de49df9b1239835190fb03de3b00efb1ddc5ab1",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 056'")
