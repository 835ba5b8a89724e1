"""Detach old audit partitions

Wrapped from 072_detach_old_audit_partitions.sql.
"""

from __future__ import annotations

from alembic import op

revision = "072"
down_revision = "071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "072_detach_old_audit_partitions.sql",
        sha256="a36b3548ad2ddd034cafa7c95e02d5c44bbc7c4c9f0f176c30aa430ec7128b7e",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 7a6f4c7ac8a06a86
    # table archive.events_2023_06 was moved
    op.run_sql("ALTER TABLE archive.events_2023_06 SET SCHEMA audit")

    # table archive.events_2023_07 was moved
    op.run_sql("ALTER TABLE archive.events_2023_07 SET SCHEMA audit")

    # schema archive was created
    op.run_sql("DROP SCHEMA archive")

    # table audit.events_2023_06 changed
    op.run_sql("""
        ALTER TABLE audit.events ATTACH PARTITION audit.events_2023_06 FOR VALUES FROM ('2023-06-01 00:00:00+00') TO ('2023-07-01 00:00:00+00')
    """)

    # table audit.events_2023_07 changed
    op.run_sql("""
        ALTER TABLE audit.events ATTACH PARTITION audit.events_2023_07 FOR VALUES FROM ('2023-07-01 00:00:00+00') TO ('2023-08-01 00:00:00+00')
    """)
    # alembic-safety: end downgrade
