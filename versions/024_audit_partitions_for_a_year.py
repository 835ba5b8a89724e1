"""Audit partitions for a year

Wrapped from 024_audit_partitions_for_a_year.sql.
"""

from __future__ import annotations

from alembic import op

revision = "024"
down_revision = "023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "024_audit_partitions_for_a_year.sql",
        sha256="6005b8b38d14679819c3cec7179f1abf110241f7ae9951bee68869cf2d1e7f8a",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 817ac8869b39856e
    # table audit.events_2023_08 was created
    op.drop_table("events_2023_08", schema="audit")

    # table audit.events_2023_09 was created
    op.drop_table("events_2023_09", schema="audit")

    # table audit.events_2023_10 was created
    op.drop_table("events_2023_10", schema="audit")

    # table audit.events_2023_11 was created
    op.drop_table("events_2023_11", schema="audit")

    # table audit.events_2023_12 was created
    op.drop_table("events_2023_12", schema="audit")

    # table audit.events_2024_01 was created
    op.drop_table("events_2024_01", schema="audit")

    # table audit.events_2024_02 was created
    op.drop_table("events_2024_02", schema="audit")

    # table audit.events_2024_03 was created
    op.drop_table("events_2024_03", schema="audit")

    # table audit.events_2024_04 was created
    op.drop_table("events_2024_04", schema="audit")

    # table audit.events_2024_05 was created
    op.drop_table("events_2024_05", schema="audit")

    # table audit.events_2024_06 was created
    op.drop_table("events_2024_06", schema="audit")

    # table audit.events_2024_07 was created
    op.drop_table("events_2024_07", schema="audit")
    # alembic-safety: end downgrade
