"""Touch updated at

Wrapped from 006_touch_updated_at.sql.
"""

from __future__ import annotations

from alembic import op

revision = "006"
down_revision = "005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "006_touch_updated_at.sql",
        sha256="57c83bd41d5f5c19506ba79981d8bacbd61f5f99e8e95c938596efcdc59bdf40",
    )


def downgrade() -> None:
    op.run_sql_file(
        "006_touch_updated_at.down.sql",
        sha256="743b97185c33a92d179a5e0bbda4ada8afc630051523ea90d5b3b84aeca5582c",
    )
