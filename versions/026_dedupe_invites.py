"""Dedupe invites

Wrapped from 026_dedupe_invites.sql.
"""

from __future__ import annotations

from alembic import op

revision = "026"
down_revision = "025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # alembic-safety: begin preserve 8b1b02a9e2e5be2d
    op.preserve_rows("identity.invites")
    # alembic-safety: end preserve
    op.run_sql_file(
        "026_dedupe_invites.sql",
        sha256="0ff1a53c1ac2d127147240bd65097269b10e79675c3b4ca56034a144df1dd7f0",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade b14c71e3df75b991
    op.begin_restore()

    # index identity.invites_one_open_per_address_key was created
    op.drop_index(op.f("invites_one_open_per_address_key"), schema="identity")

    op.restore_rows("identity.invites")
    op.end_restore()
    # alembic-safety: end downgrade
