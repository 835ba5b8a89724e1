"""Token digests

Wrapped from 075_token_digests.sql.
"""

from __future__ import annotations

from alembic import op

revision = "075"
down_revision = "074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "075_token_digests.sql",
        sha256="80a4a94f3bc6544940cf0336f4c296f1b7e9b4cae05e0ca628834caa83bf354e",
    )


def downgrade() -> None:
    op.irreversible("no downgrade has been written yet: run 'alembic safety-downgrade 075'")
