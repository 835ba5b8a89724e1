"""Dedupe push tokens

Wrapped from 070_dedupe_push_tokens.sql.
"""

from __future__ import annotations

from alembic import op

revision = "070"
down_revision = "069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # alembic-safety: begin preserve 7ce43755179fee3f
    op.preserve_rows("identity.devices")
    op.preserve_rows("identity.mobile_devices")
    # alembic-safety: end preserve
    op.run_sql_file(
        "070_dedupe_push_tokens.sql",
        sha256="92db87e37b659af94b01032117e3824839152eae9dd192d26054584f1de4dcbb",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 74ddd21fc4ef042b
    op.begin_restore()

    # index identity.devices_push_token_key was created
    op.drop_index(op.f("devices_push_token_key"), schema="identity")

    # index identity.mobile_devices_push_token_key was created
    op.drop_index(op.f("mobile_devices_push_token_key"), schema="identity")

    op.restore_rows("identity.devices", "identity.mobile_devices")
    op.end_restore()
    # alembic-safety: end downgrade
