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
    op.run_sql_file(
        "070_dedupe_push_tokens.sql",
        sha256="92db87e37b659af94b01032117e3824839152eae9dd192d26054584f1de4dcbb",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 3d39c05580484077
    # not given back: identity.devices: the upgrade deletes rows
    # index identity.devices_push_token_key was created
    op.drop_index(op.f("devices_push_token_key"), schema="identity")

    # index identity.mobile_devices_push_token_key was created
    op.drop_index(op.f("mobile_devices_push_token_key"), schema="identity")
    # alembic-safety: end downgrade
