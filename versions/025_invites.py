"""Invites

Wrapped from 025_invites.sql.
"""

from __future__ import annotations

from alembic import op

revision = "025"
down_revision = "024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "025_invites.sql",
        sha256="b8d67f6a41be23686d41a04a9004d54e7e4f77df99660a5f895cec5b7c390a66",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 15a806741c7c1006
    # table identity.invites was created
    op.drop_table("invites", schema="identity")
    # alembic-safety: end downgrade
