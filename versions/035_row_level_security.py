"""Row level security

Wrapped from 035_row_level_security.sql.
"""

from __future__ import annotations

from alembic import op

revision = "035"
down_revision = "034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "035_row_level_security.sql",
        sha256="3aa8015fb39d937708b4062e45e0f782b14a82e231b6aa64ce1525f6c638e5b6",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade b040f882bc33eb79
    # policy chat.channels.channels_visible was created
    op.run_sql("DROP POLICY channels_visible ON chat.channels")

    # policy chat.channels.channels_write was created
    op.run_sql("DROP POLICY channels_write ON chat.channels")

    # policy chat.messages.messages_not_in_locked_thread was created
    op.run_sql("DROP POLICY messages_not_in_locked_thread ON chat.messages")

    # policy chat.messages.messages_own was created
    op.run_sql("DROP POLICY messages_own ON chat.messages")

    # policy chat.messages.messages_visible was created
    op.run_sql("DROP POLICY messages_visible ON chat.messages")

    # function identity.current_user_id() was created
    op.run_sql("DROP FUNCTION identity.current_user_id()")

    # table chat.channels changed
    op.run_sql("ALTER TABLE chat.channels DISABLE ROW LEVEL SECURITY")

    # table chat.messages changed
    op.run_sql("ALTER TABLE chat.messages DISABLE ROW LEVEL SECURITY")
    # alembic-safety: end downgrade
