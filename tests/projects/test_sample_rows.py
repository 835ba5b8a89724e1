"""The sample project on a database with rows: its upgrades run, and its hand-written downgrades lose nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config

from alembic_safety.postgres.identifiers import qualified
from alembic_safety.revisions.chain import load_chain
from tests.support.cli import alembic

ROOT = Path(__file__).parents[2]
#: What people wrote once the revision of that name was there.
ROWS = {path.stem: path.read_text(encoding="utf-8") for path in (Path(__file__).parent / "sample_rows").glob("*.sql")}
BY_HAND = {path.name[:3] for path in (ROOT / "versions").glob("*.down.sql")}

TABLES = """
    SELECT n.nspname, c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname IN ('identity', 'chat', 'audit', 'billing', 'media', 'archive')
    ORDER BY 1, 2
"""


class Project:
    """The sample on one database."""

    def __init__(self, database):
        self.database = database
        self.url = database.url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        database.server.ensure_roles(["lantern_app", "lantern_report", "lantern_support"])

    def run(self, command, revision):
        result = alembic("-x", f"url={self.url}", command, revision, cwd=ROOT)
        assert result.status == 0, result.err

    def state(self):
        """The schema as pg_dump shows it, and a hash of each table's rows and of each sequence."""
        with self.database.connect() as connection:
            tables = [qualified(*row) for row in connection.execute(TABLES).fetchall()]
            rows = {
                table: connection.execute(
                    f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM ONLY {table} t"
                ).fetchone()
                for table in tables
            }
            sequences = connection.execute("SELECT schemaname, sequencename, last_value FROM pg_sequences").fetchall()
        return self.database.dump_schema("--exclude-table=public.alembic_version"), rows, sorted(sequences, key=str)


@pytest.mark.slow
def test_hand_written_downgrades_restore_schema_and_rows(database):
    project = Project(database)
    revisions = load_chain(Config(ROOT / "alembic.ini")).revisions
    for revision in revisions:
        if revision.id in BY_HAND:
            if revision.parents:
                project.run("upgrade", revision.parents[0])
            before = project.state()
            project.run("upgrade", revision.id)
            after = project.state()[0]
            project.run("downgrade", "-1")
            assert project.state() == before, revision.id
            project.run("upgrade", revision.id)
            assert project.state()[0] == after, revision.id
        if revision.id in ROWS:
            project.run("upgrade", revision.id)
            database.run(ROWS[revision.id])
    project.run("upgrade", "head")
