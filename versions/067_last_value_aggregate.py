"""Last value aggregate

Wrapped from 067_last_value_aggregate.sql.
"""

from __future__ import annotations

from alembic import op

revision = "067"
down_revision = "066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "067_last_value_aggregate.sql",
        sha256="1cfc478b5784802597b32ce826740735fa3532eba30e49fa0e0380b8b759aaee",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 45705894b066ef9e
    # view chat.channel_previews was created
    op.run_sql("DROP VIEW chat.channel_previews")

    # aggregate chat.last(anyelement) was created
    op.run_sql("DROP AGGREGATE chat.last(anyelement)")

    # function chat.keep_last(anyelement,anyelement) was created
    op.run_sql("DROP FUNCTION chat.keep_last(anyelement,anyelement)")
    # alembic-safety: end downgrade
