"""Media schema

Wrapped from 061_media_schema.sql.
"""

from __future__ import annotations

from alembic import op

revision = "061"
down_revision = "060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "061_media_schema.sql",
        sha256="04ffb4af705fe8b0e56b65567fd745a303837ce011594a560ac3f25fa9227c41",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 061'")
