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
    # alembic-safety: begin preserve 55d7e9f3bf41b8de
    op.preserve_columns("identity.invites", ["token"])
    op.expect_writes("identity.invites")
    # alembic-safety: end preserve
    op.run_sql_file(
        "075_token_digests.sql",
        sha256="80a4a94f3bc6544940cf0336f4c296f1b7e9b4cae05e0ca628834caa83bf354e",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 06c55758c4c80e29
    op.begin_restore()

    # column identity.invites.token_digest was created
    op.drop_column("invites", "token_digest", schema="identity")

    # column identity.invites.token was dropped
    op.run_sql("""
        ALTER TABLE identity.invites ADD COLUMN token text DEFAULT encode(public.gen_random_bytes(18), 'hex'::text) NOT NULL
    """)

    op.restore_columns("identity.invites", ["token"])
    op.end_restore()
    # alembic-safety: end downgrade
