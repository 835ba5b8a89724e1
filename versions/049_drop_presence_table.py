"""Drop presence table

Wrapped from 049_drop_presence_table.sql.
"""

from __future__ import annotations

from alembic import op

revision = "049"
down_revision = "048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # alembic-safety: begin preserve 7ea2aad249044efc
    op.preserve_table("chat.presence")
    # alembic-safety: end preserve
    op.run_sql_file(
        "049_drop_presence_table.sql",
        sha256="b8cd45c62f46523dbe3f009d01adcdfaa5e4e52601e7037f76f56e23785d8e10",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 46029ea57884adbb
    op.begin_restore()

    # table chat.presence was dropped
    op.run_sql("""
        CREATE UNLOGGED TABLE chat.presence (
            user_id bigint NOT NULL,
            state text DEFAULT 'offline'::text NOT NULL,
            device text,
            last_ping timestamp with time zone DEFAULT now() NOT NULL,
            CONSTRAINT presence_pkey PRIMARY KEY (user_id),
            CONSTRAINT presence_state_check CHECK ((state = ANY (ARRAY['online'::text, 'away'::text, 'dnd'::text, 'offline'::text])))
        ) WITH (fillfactor=60, autovacuum_vacuum_scale_factor=0.01)
    """)

    op.restore_table("chat.presence")

    # constraint chat.presence.presence_user_id_fkey was dropped
    op.run_sql("""
        ALTER TABLE chat.presence ADD CONSTRAINT presence_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(id) ON DELETE CASCADE
    """)

    op.end_restore()
    # alembic-safety: end downgrade
