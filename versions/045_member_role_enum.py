"""Member role enum

Wrapped from 045_member_role_enum.sql.
"""

from __future__ import annotations

from alembic import op

revision = "045"
down_revision = "044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # alembic-safety: begin preserve 37d7806845d36d8d
    op.preserve_columns("identity.workspace_members", ["role"])
    # alembic-safety: end preserve
    op.run_sql_file(
        "045_member_role_enum.sql",
        sha256="5a2e2d14377546d6ea2bb7c47c3842ce16d3ff4c173f4978a568ac443cb77997",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 889be65fcc4d2c69
    op.begin_restore()

    # index identity.workspace_members_staff_idx was created
    op.drop_index(op.f("workspace_members_staff_idx"), schema="identity")

    # default identity.workspace_members.role changed
    # column identity.workspace_members.role changes
    op.run_sql("ALTER TABLE identity.workspace_members ALTER COLUMN role DROP DEFAULT")

    # column identity.workspace_members.role changed
    op.run_sql("""
        ALTER TABLE identity.workspace_members ALTER COLUMN role TYPE character varying(16) USING role::text::character varying(16)
    """)

    op.restore_columns("identity.workspace_members", ["role"])

    # enum identity.member_role was created
    op.run_sql("DROP TYPE identity.member_role")

    # default identity.workspace_members.role changed
    op.run_sql("ALTER TABLE identity.workspace_members ALTER COLUMN role SET DEFAULT 'member'::character varying")

    # constraint identity.workspace_members.workspace_members_role_check was dropped
    op.run_sql("""
        ALTER TABLE identity.workspace_members ADD CONSTRAINT workspace_members_role_check CHECK (((role)::text = ANY (ARRAY['owner'::character varying, 'admin'::character varying, 'member'::character varying])))
    """)

    op.end_restore()
    # alembic-safety: end downgrade
