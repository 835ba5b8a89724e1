"""Create users

Wrapped from 004_create_users.sql.
"""

from __future__ import annotations

from alembic import op

revision = "004"
down_revision = "003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "004_create_users.sql",
        sha256="9fe2b48695ce9f71523205eeb94f5cfa7c176b6984bede99cfd23f1adea64b00",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade f12651985b06668d
    # table identity.users was created
    op.drop_table("users", schema="identity")
    # alembic-safety: end downgrade
