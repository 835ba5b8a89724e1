"""Drop is beta

Wrapped from 060_drop_is_beta.sql.
"""

from __future__ import annotations

from alembic import op

revision = "060"
down_revision = "059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # alembic-safety: begin preserve 029a61b3203821c7
    op.preserve_columns("identity.users", ["is_beta"])
    # alembic-safety: end preserve
    op.run_sql_file(
        "060_drop_is_beta.sql",
        sha256="85c2d24de671999e28e69956d1df69989a469b1d93cf4044b08f3ed94de7b731",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 81b76cd785a5100b
    op.begin_restore()

    # column identity.users.is_beta was dropped
    op.run_sql("ALTER TABLE identity.users ADD COLUMN is_beta boolean DEFAULT false NOT NULL")

    op.restore_columns("identity.users", ["is_beta"])
    op.end_restore()
    # alembic-safety: end downgrade
