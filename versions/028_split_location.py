"""Split location

Wrapped from 028_split_location.sql.
"""

from __future__ import annotations

from alembic import op

revision = "028"
down_revision = "027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # alembic-safety: begin preserve ac63c28cae1dbe48
    op.preserve_rows("audit.events")
    op.preserve_columns("identity.users", ["location"])
    op.preserve_rows("identity.users")
    # alembic-safety: end preserve
    op.run_sql_file(
        "028_split_location.sql",
        sha256="8ee8fbd151761a5401d2ef8f7fd146343934d056b95448db05ff289d2821f5de",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade 3cd2bb4986bf51b6
    op.begin_restore()

    # view identity.user_profiles changed
    op.run_sql("DROP VIEW identity.user_profiles")

    # column identity.users.city was created
    op.drop_column("users", "city", schema="identity")

    # column identity.users.country_code was created
    op.drop_column("users", "country_code", schema="identity")

    # column identity.users.location was dropped
    op.run_sql("ALTER TABLE identity.users ADD COLUMN location text")

    # view identity.user_profiles changed
    op.run_sql("""
        CREATE VIEW identity.user_profiles AS
        SELECT u.id,
            u.public_id,
            u.handle,
            u.display_name,
            u.location,
            (u.status = 'active'::identity.user_status) AS is_active
           FROM identity.users u
          WHERE (u.status <> 'suspended'::identity.user_status)
    """)

    # view identity.user_profiles was dropped
    op.run_sql("GRANT SELECT ON TABLE identity.user_profiles TO lantern_report")
    op.run_sql("COMMENT ON VIEW identity.user_profiles IS 'What one member may see of another'")

    op.restore_rows("audit.events", "identity.users")
    op.end_restore()
    # alembic-safety: end downgrade
