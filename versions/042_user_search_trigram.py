"""User search trigram

Wrapped from 042_user_search_trigram.sql.
"""

from __future__ import annotations

from alembic import op

revision = "042"
down_revision = "041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "042_user_search_trigram.sql",
        sha256="855c73e897a746da1b42bb9b01fb2a51635f7c7f3d2de8ac49efaea767025ba2",
    )


def downgrade() -> None:
    op.run_sql_file(
        "042_user_search_trigram.down.sql",
        sha256="6d967395e739eb514bbcf1b6714a7f509ed235eabe15602fe577f710a9482d56",
    )
