"""Forget user

Wrapped from 058_forget_user.sql.
"""

from __future__ import annotations

from alembic import op

revision = "058"
down_revision = "057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # alembic-safety: begin preserve 8e359fa44545a272
    op.preserve_rows("identity.users")
    op.preserve_rows("identity.invites")
    # alembic-safety: end preserve
    op.run_sql_file(
        "058_forget_user.sql",
        sha256="f77b0a5b37e440225f12aa74028ffe31cdb3a83bec7c779e58b3fbbc56f558c8",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 3eb925441f5b754d
    op.begin_restore()

    # procedure identity.forget_user(bigint) was created
    op.run_sql("DROP PROCEDURE identity.forget_user(IN who bigint)")

    op.restore_rows("identity.users", "identity.invites")
    op.end_restore()
    # alembic-safety: end downgrade
