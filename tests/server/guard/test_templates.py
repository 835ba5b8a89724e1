"""Alembic's own templates, changed by ``safety-init``: every command does what it does without us, with each driver."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from alembic_safety.postgres.binaries import Binaries
from alembic_safety.postgres.server import Server, throwaway_server
from tests.conftest import ScratchDatabase
from tests.support.cli import Result, alembic

pytestmark = pytest.mark.server

# Template, driver, transaction_per_migration.
ROWS = [
    ("generic", "psycopg", False),
    ("generic", "psycopg2", True),
    ("async", "asyncpg", False),
    ("async", "asyncpg", True),
    ("async", "psycopg", False),
    ("multidb", "psycopg", False),
    ("multidb", "psycopg2", False),
    ("pyproject", "psycopg", True),
    ("pyproject_async", "asyncpg", False),
]
# A trunk, two branches, a merge and what follows: identifier, down_revision, what is created.
REVISIONS = [
    ("a1", None, "one"),
    ("b1", "a1", "two"),
    ("c1", "a1", "three"),
    ("m1", ("b1", "c1"), "four"),
    ("n1", "m1", "five"),
]
SOURCE = """\
from alembic import op
revision = {revision!r}
down_revision = {down!r}
def upgrade({given}):
    op.execute("create table {table} (id int)")
def downgrade({given}):
    op.execute("drop table {table}")
"""


@pytest.fixture(scope="module")
def server(any_binaries: Binaries) -> Iterator[Server]:
    """Of one version: what is tested here is between Alembic and us."""
    with throwaway_server(pg_bin=any_binaries.bindir) as running:
        yield running


@pytest.fixture
def database(server: Server) -> ScratchDatabase:
    return ScratchDatabase(server.create_database(), server)


class Templated:
    """A project as ``alembic init`` made it."""

    def __init__(
        self, folder: Path, template: str, driver: str, databases: list[ScratchDatabase], *, per_migration: bool
    ) -> None:
        self.folder = folder
        self.databases = databases
        folder.mkdir()
        assert alembic("init", "-t", template, "migrations", cwd=folder).status == 0
        ini, env = folder / "alembic.ini", folder / "migrations/env.py"
        urls = [
            d.url.set(drivername=f"postgresql+{driver}").render_as_string(hide_password=False).replace("%", "%%")
            for d in databases
        ]
        text = ini.read_text()
        for url in urls:
            text = re.sub(
                r"sqlalchemy\.url = driver://\S*", lambda _, url=url: f"sqlalchemy.url = {url}", text, count=1
            )
        ini.write_text(text)
        if per_migration:
            text = env.read_text()
            env.write_text(
                text.replace("=target_metadata\n", "=target_metadata, transaction_per_migration=True\n").replace(
                    "=target_metadata)", "=target_metadata, transaction_per_migration=True)"
                )
            )
            assert "transaction_per_migration" in env.read_text()
        for revision, down, table in REVISIONS:
            given = "engine_name" if template == "multidb" else ""
            source = SOURCE.format(revision=revision, down=down, table=table, given=given)
            (folder / f"migrations/versions/{revision}.py").write_text(source)

    def run(self, *arguments: str) -> Result:
        done = alembic(*arguments, cwd=self.folder)
        assert done.status == 0, done.err + done.out
        return done

    def state(self) -> list[tuple[list[str], list[str]]]:
        """Heads and tables of each database."""
        found = []
        for database in self.databases:
            with database.connect() as connection:
                tables = connection.execute(
                    "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1"
                )
                names = [name for (name,) in tables]
                heads = []
                if "alembic_version" in names:
                    heads = sorted(v for (v,) in connection.execute("select version_num from alembic_version"))
                found.append((heads, [name for name in names if name != "alembic_version"]))
        return found


# Each command, and where it leads from the one before.
COMMANDS: list[tuple[tuple[str, ...], list[str], list[str]]] = [
    (("upgrade", "+1"), ["a1"], ["one"]),
    (("upgrade", "b1"), ["b1"], ["one", "two"]),
    (("upgrade", "heads"), ["n1"], ["five", "four", "one", "three", "two"]),
    (("upgrade", "heads"), ["n1"], ["five", "four", "one", "three", "two"]),
    (("downgrade", "-1"), ["m1"], ["four", "one", "three", "two"]),
    (("stamp", "n1"), ["n1"], ["four", "one", "three", "two"]),
    (("stamp", "--purge", "m1"), ["m1"], ["four", "one", "three", "two"]),
    (("downgrade", "base"), [], []),
]


@pytest.mark.parametrize(("template", "driver", "per_migration"), ROWS)
def test_commands_do_what_they_do_without_us(
    tmp_path: Path, database: ScratchDatabase, template: str, driver: str, per_migration: bool
) -> None:
    databases = [database, database.clone()] if template == "multidb" else [database]
    project = Templated(tmp_path / "p", template, driver, databases, per_migration=per_migration)
    project.run("safety-init", "--yes")
    for command, heads, tables in COMMANDS:
        project.run(*command)
        assert project.state() == [(heads, tables)] * len(databases), command
    with database.connect() as connection:
        runs = connection.execute("select command, outcome from alembic_safety.run order by number").fetchall()
    assert runs == [("upgrade", "done")] * 3 + [("downgrade", "done")] * 2
    assert "a1" not in project.run("current").out
    project.run("safety-plan")
    if template != "multidb":  # which writes a file for each database
        offline = project.run("upgrade", "heads", "--sql").out
        assert "create table four" in offline
        assert "alembic_safety" not in offline


@pytest.mark.parametrize("template", ["generic", "async"])
def test_everything_off_leaves_alembic_as_it_was(tmp_path: Path, database: ScratchDatabase, template: str) -> None:
    driver = "asyncpg" if template == "async" else "psycopg"
    other = database.clone()
    plain = Templated(tmp_path / "plain", template, driver, [database], per_migration=False)
    hooked = Templated(tmp_path / "hooked", template, driver, [other], per_migration=False)
    hooked.run("safety-init", "--yes")
    with (hooked.folder / "alembic.ini").open("a") as ini:
        ini.write("\n[alembic:safety]\nenabled = false\n")
    for project in (plain, hooked):
        for command, heads, tables in COMMANDS[:5]:
            project.run(*command)
            assert project.state() == [(heads, tables)]
    assert other.dump_schema() == database.dump_schema()
    with other.connect() as connection:
        assert connection.execute("select 1 from pg_namespace where nspname = 'alembic_safety'").fetchall() == []
    assert plain.run("upgrade", "heads", "--sql").out == hooked.run("upgrade", "heads", "--sql").out
