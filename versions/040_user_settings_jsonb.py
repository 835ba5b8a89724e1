"""User settings jsonb

Wrapped from 040_user_settings_jsonb.sql.
"""

from __future__ import annotations

from alembic import op

revision = "040"
down_revision = "039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # alembic-safety: begin preserve e6434c84ea40876b
    op.preserve_rows("audit.events")
    op.preserve_columns("identity.users", ["notify_email", "notify_push", "theme"])
    op.preserve_rows("identity.users")
    # alembic-safety: end preserve
    op.run_sql_file(
        "040_user_settings_jsonb.sql",
        sha256="887a612dc1d49d028135cc48d2b6773c56583ecd11b54916907b80a86806f967",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade dac6dbfbb7a53dcc
    op.begin_restore()

    # column identity.users.settings was created
    op.drop_column("users", "settings", schema="identity")

    # column identity.users.notify_email was dropped
    op.run_sql("ALTER TABLE identity.users ADD COLUMN notify_email boolean DEFAULT true NOT NULL")

    # column identity.users.notify_push was dropped
    op.run_sql("ALTER TABLE identity.users ADD COLUMN notify_push boolean DEFAULT true NOT NULL")

    # column identity.users.theme was dropped
    op.run_sql("ALTER TABLE identity.users ADD COLUMN theme text DEFAULT 'light'::text NOT NULL")

    op.restore_rows("audit.events", "identity.users")

    # constraint identity.users.users_theme_check was dropped
    op.run_sql("""
        ALTER TABLE identity.users ADD CONSTRAINT users_theme_check CHECK ((theme = ANY (ARRAY['light'::text, 'dark'::text, 'system'::text])))
    """)

    op.end_restore()
    # alembic-safety: end downgrade
