"""Channel kind group

Wrapped from 017_channel_kind_group.sql.
"""

from __future__ import annotations

from alembic import op

revision = "017"
down_revision = "016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "017_channel_kind_group.sql",
        sha256="a903f7fc3ae557eec8d0b909d1a2f13467ec40c19dbbef9fb9cafca30deed3c4",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 6fb767049b85e034
    # enum chat.channel_kind was renamed
    # the server cannot change it in place, so it is built anew
    op.run_sql("ALTER TYPE chat.channel_kind RENAME TO channel_kind__after")

    # index chat.channels_workspace_name_key changed
    # column chat.channels.kind changes
    op.drop_index(op.f("channels_workspace_name_key"), schema="chat")

    # constraint chat.channels.channels_name_required changed
    # column chat.channels.kind changes
    op.drop_constraint(op.f("channels_name_required"), "channels", schema="chat")

    # default chat.channels.kind changed
    # column chat.channels.kind changes
    op.run_sql("ALTER TABLE chat.channels ALTER COLUMN kind DROP DEFAULT")

    # enum chat.channel_kind was dropped
    op.run_sql("CREATE TYPE chat.channel_kind AS ENUM ('public', 'private', 'direct')")

    # column chat.channels.kind changed
    op.run_sql("""
        ALTER TABLE chat.channels ALTER COLUMN kind TYPE chat.channel_kind USING kind::text::chat.channel_kind
    """)

    # enum chat.channel_kind__after was created
    op.run_sql("DROP TYPE chat.channel_kind__after")

    # default chat.channels.kind changed
    op.run_sql("ALTER TABLE chat.channels ALTER COLUMN kind SET DEFAULT 'public'::chat.channel_kind")

    # constraint chat.channels.channels_name_required changed
    op.run_sql("""
        ALTER TABLE chat.channels ADD CONSTRAINT channels_name_required CHECK (((kind = 'direct'::chat.channel_kind) OR (name IS NOT NULL)))
    """)

    # index chat.channels_workspace_name_key changed
    op.run_sql("""
        CREATE UNIQUE INDEX channels_workspace_name_key ON chat.channels USING btree (workspace_id, lower(name)) WHERE ((kind <> 'direct'::chat.channel_kind) AND (archived_at IS NULL))
    """)

    # enum chat.channel_kind was dropped
    op.run_sql("COMMENT ON TYPE chat.channel_kind IS 'direct = exactly two members, never renamed'")
    # alembic-safety: end downgrade
