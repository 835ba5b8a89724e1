"""Base types

Wrapped from 003_base_types.sql.
"""

from __future__ import annotations

from alembic import op

revision = "003"
down_revision = "002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "003_base_types.sql",
        sha256="8e5436758a66de0d73fd4b0ad6a850ea8075c835e8c2bbf9fd7ff196a73e97e9",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 17c71660eaaa11d1
    # domain identity.email_address was created
    op.run_sql("DROP DOMAIN identity.email_address")

    # domain identity.handle was created
    op.run_sql("DROP DOMAIN identity.handle")

    # enum chat.channel_kind was created
    op.run_sql("DROP TYPE chat.channel_kind")

    # enum identity.user_status was created
    op.run_sql("DROP TYPE identity.user_status")
    # alembic-safety: end downgrade
