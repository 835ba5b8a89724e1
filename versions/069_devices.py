"""Devices

Wrapped from 069_devices.sql.
"""

from __future__ import annotations

from alembic import op

revision = "069"
down_revision = "068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "069_devices.sql",
        sha256="07dd19a21a704d9d718a5012255e8e5ee9760e8cd993dbd31bea23e167593616",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 92b84728edc5aa39
    # table identity.mobile_devices was created
    op.drop_table("mobile_devices", schema="identity")

    # table identity.devices was created
    op.drop_table("devices", schema="identity")
    # alembic-safety: end downgrade
