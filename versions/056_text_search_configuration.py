"""Text search configuration

Wrapped from 056_text_search_configuration.sql.
"""

from __future__ import annotations

from alembic import op

revision = "056"
down_revision = "055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.run_sql_file(
        "056_text_search_configuration.sql",
        sha256="89bb21d41c5a143a177ab0f65de49df9b1239835190fb03de3b00efb1ddc5ab1",
    )


def downgrade() -> None:
    # alembic-safety: begin downgrade bb097d99b5be252d
    # ts configuration chat.messages was created
    op.run_sql("DROP TEXT SEARCH CONFIGURATION chat.messages")

    # ts dictionary chat.plain was created
    op.run_sql("DROP TEXT SEARCH DICTIONARY chat.plain")

    # function chat.messages_search_refresh() changed
    op.run_sql("""
CREATE OR REPLACE FUNCTION chat.messages_search_refresh()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    new.search := to_tsvector('pg_catalog.english', coalesce(new.body, ''));
    return new;
end
$function$
""")
    # alembic-safety: end downgrade
