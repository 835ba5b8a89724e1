"""Group channels

Wrapped from 018_group_channels.sql.
"""

from __future__ import annotations

from alembic import op

revision = "018"
down_revision = "017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "018_group_channels.sql",
        sha256="838d6391a59efdde585b35b622865ebc31859a3058bdcb6523d5cfcdb57d24b8",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 2b3ae2625b893772
    # index chat.channels_workspace_name_key changed
    op.drop_index(op.f("channels_workspace_name_key"), schema="chat")

    # constraint chat.channels.channels_name_required changed
    op.drop_constraint(op.f("channels_name_required"), "channels", schema="chat")

    # table chat.group_fingerprints was created
    op.drop_table("group_fingerprints", schema="chat")

    # function chat.member_fingerprint(bigint[]) was created
    op.run_sql("DROP FUNCTION chat.member_fingerprint(bigint[])")

    # constraint chat.channels.channels_name_required changed
    op.run_sql("""
        ALTER TABLE chat.channels ADD CONSTRAINT channels_name_required CHECK (((kind = 'direct'::chat.channel_kind) OR (name IS NOT NULL)))
    """)

    # index chat.channels_workspace_name_key changed
    op.run_sql("""
        CREATE UNIQUE INDEX channels_workspace_name_key ON chat.channels USING btree (workspace_id, lower(name)) WHERE ((kind <> 'direct'::chat.channel_kind) AND (archived_at IS NULL))
    """)
    # alembic-safety: end downgrade
