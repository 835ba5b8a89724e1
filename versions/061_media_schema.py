"""Media schema

Wrapped from 061_media_schema.sql.
"""

from __future__ import annotations

from alembic import op

revision = "061"
down_revision = "060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "061_media_schema.sql",
        sha256="04ffb4af705fe8b0e56b65567fd745a303837ce011594a560ac3f25fa9227c41",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 9f3c9b417928dd3a
    # index media.attachments_content_idx was renamed
    op.run_sql("ALTER INDEX media.attachments_content_idx RENAME TO attachments_sha256_idx")

    # view chat.attachments was created
    op.run_sql("DROP VIEW chat.attachments")

    # table media.attachments was moved
    op.run_sql("ALTER TABLE media.attachments SET SCHEMA chat")

    # schema media was created
    op.run_sql("DROP SCHEMA media")
    # alembic-safety: end downgrade
