"""The sample's SQL on a database with rows: the upgrades run, and the hand-written downgrades lose nothing."""

from __future__ import annotations

from pathlib import Path

from alembic_safety.postgres.identifiers import qualified
from alembic_safety.revisions.split import split

VERSIONS = Path(__file__).parents[2] / "versions"
#: What people wrote once the revision of that name was there.
ROWS = {path.stem: path.read_text(encoding="utf-8") for path in (Path(__file__).parent / "sample_rows").glob("*.sql")}

TABLES = """
    SELECT n.nspname, c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname IN ('identity', 'chat', 'audit', 'billing', 'media', 'archive')
    ORDER BY 1, 2
"""


def run(session, path):
    for statement in split(path.read_text(encoding="utf-8"), file=path.name).statements:
        session.execute(statement.text)


def state(database, session):
    """The schema as pg_dump shows it, a hash of each table's rows, and the sequences."""
    rows = {}
    for schema, table in session.fetch(TABLES):
        name = qualified(schema, table)
        rows[name] = session.fetch(
            f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM ONLY {name} t"
        )
    sequences = session.fetch("SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2")
    return database.dump_schema(), rows, sequences


def test_hand_written_downgrades_restore_schema_and_rows(database):
    database.server.ensure_roles(["lantern_app", "lantern_report", "lantern_support"])
    session = database.session()
    for up in sorted(path for path in VERSIONS.glob("*.sql") if not path.name.endswith(".down.sql")):
        down = up.with_name(f"{up.stem}.down.sql")
        if down.exists():
            before = state(database, session)
            run(session, up)
            run(session, down)
            assert state(database, session) == before, down.name
        run(session, up)
        if up.name[:3] in ROWS:
            session.execute(ROWS[up.name[:3]])
