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
    op.run_sql_file(
        "058_forget_user.sql",
        sha256="f77b0a5b37e440225f12aa74028ffe31cdb3a83bec7c779e58b3fbbc56f558c8",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 77ad09998db0432e
    # not given back: identity.invites: the upgrade deletes rows
    # not given back: identity.users: the upgrade changes rows, and their old values are not kept
    # procedure identity.forget_user(bigint) was created
    op.run_sql("DROP PROCEDURE identity.forget_user(IN who bigint)")
    # alembic-safety: end downgrade
