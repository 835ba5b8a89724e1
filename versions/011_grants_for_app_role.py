"""Grants for app role

Wrapped from 011_grants_for_app_role.sql.
"""

from __future__ import annotations

from alembic import op

revision = "011"
down_revision = "010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "011_grants_for_app_role.sql",
        sha256="f148d98a2acad53e083306f272315b65457955445225d9e1b310f6419bcfbcc1",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade d0b4af12e1087f22
    # default acl alembic_safety_rehearsal IN SCHEMA chat SEQUENCES was created
    op.run_sql("ALTER DEFAULT PRIVILEGES IN SCHEMA chat REVOKE SELECT, USAGE ON SEQUENCES FROM lantern_app")

    # default acl alembic_safety_rehearsal IN SCHEMA chat TABLES was created
    op.run_sql("""
        ALTER DEFAULT PRIVILEGES IN SCHEMA chat REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM lantern_app
    """)

    # default acl alembic_safety_rehearsal IN SCHEMA identity SEQUENCES was created
    op.run_sql("ALTER DEFAULT PRIVILEGES IN SCHEMA identity REVOKE SELECT, USAGE ON SEQUENCES FROM lantern_app")

    # default acl alembic_safety_rehearsal IN SCHEMA identity TABLES was created
    op.run_sql("""
        ALTER DEFAULT PRIVILEGES IN SCHEMA identity REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM lantern_app
    """)

    # schema chat changed
    op.run_sql("REVOKE USAGE ON SCHEMA chat FROM lantern_app")
    op.run_sql("REVOKE USAGE ON SCHEMA chat FROM lantern_report")

    # schema identity changed
    op.run_sql("REVOKE USAGE ON SCHEMA identity FROM lantern_app")
    op.run_sql("REVOKE USAGE ON SCHEMA identity FROM lantern_report")

    # sequence chat.channels_id_seq changed
    op.run_sql("REVOKE SELECT, USAGE ON SEQUENCE chat.channels_id_seq FROM lantern_app")

    # sequence chat.messages_id_seq changed
    op.run_sql("REVOKE SELECT, USAGE ON SEQUENCE chat.messages_id_seq FROM lantern_app")

    # sequence identity.users_id_seq changed
    op.run_sql("REVOKE SELECT, USAGE ON SEQUENCE identity.users_id_seq FROM lantern_app")

    # sequence identity.workspaces_id_seq changed
    op.run_sql("REVOKE SELECT, USAGE ON SEQUENCE identity.workspaces_id_seq FROM lantern_app")

    # table chat.attachments changed
    op.run_sql("REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE chat.attachments FROM lantern_app")

    # table chat.channel_members changed
    op.run_sql("REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE chat.channel_members FROM lantern_app")

    # table chat.channels changed
    op.run_sql("REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE chat.channels FROM lantern_app")
    op.run_sql("REVOKE SELECT ON TABLE chat.channels FROM lantern_report")

    # table chat.messages changed
    op.run_sql("REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE chat.messages FROM lantern_app")

    # table chat.reactions changed
    op.run_sql("REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE chat.reactions FROM lantern_app")

    # table identity.users changed
    op.run_sql("REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE identity.users FROM lantern_app")

    # table identity.workspace_members changed
    op.run_sql("REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE identity.workspace_members FROM lantern_app")
    op.run_sql("REVOKE SELECT ON TABLE identity.workspace_members FROM lantern_report")

    # table identity.workspaces changed
    op.run_sql("REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE identity.workspaces FROM lantern_app")
    op.run_sql("REVOKE SELECT ON TABLE identity.workspaces FROM lantern_report")

    # column identity.users.id changed
    op.run_sql("REVOKE SELECT (id) ON TABLE identity.users FROM lantern_report")

    # column identity.users.public_id changed
    op.run_sql("REVOKE SELECT (public_id) ON TABLE identity.users FROM lantern_report")

    # column identity.users.handle changed
    op.run_sql("REVOKE SELECT (handle) ON TABLE identity.users FROM lantern_report")

    # column identity.users.status changed
    op.run_sql("REVOKE SELECT (status) ON TABLE identity.users FROM lantern_report")

    # column identity.users.created_at changed
    op.run_sql("REVOKE SELECT (created_at) ON TABLE identity.users FROM lantern_report")
    # alembic-safety: end downgrade
