"""A project on a database, with a folder for its backups."""

from __future__ import annotations

from pathlib import Path

from alembic_safety.guard.backup.folder import backups
from alembic_safety.guard.backup.manifest import Manifest, read_manifest
from alembic_safety.postgres.server import Server
from tests.conftest import ScratchDatabase
from tests.support.cli import Result, alembic
from tests.support.project import Project

#: With every kind of name and column that has ever been trouble.
SCHEMA = """
create type mood as enum ('ok', 'bad');
create table "t; drop table u; --" ("a ""b" int primary key, m mood default 'ok', doubled int generated always as ("a ""b" * 2) stored);
insert into "t; drop table u; --" select g from generate_series(1, 500) g;
create table "-x" (id int generated always as identity primary key, parent int references "t; drop table u; --");
insert into "-x" (parent) select g from generate_series(1, 100) g;
create table parts (id int, n text) partition by range (id);
create table parts_1 partition of parts for values from (0) to (100);
create table parts_2 partition of parts for values from (100) to (200);
insert into parts select g, E'tab\\t, line\\n, \\\\.' || repeat('x', g) from generate_series(1, 199) g;
create view v as select count(*) from parts;
create sequence s start 42
"""


class Place:
    """A project at revision a1, which makes ``SCHEMA``; a2 is to come."""

    def __init__(self, folder: Path, database: ScratchDatabase) -> None:
        self.project = Project.new(folder / "project")
        self.database = database
        self.folder = folder / "backups"

    @classmethod
    def at_a1(cls, folder: Path, database: ScratchDatabase) -> Place:
        made = cls(folder, database)
        made.project.sql("a1", SCHEMA)
        done = made.alembic("upgrade", "head", backup="none")
        assert done.status == 0, done.err
        made.project.sql("a2", "alter table parts drop column n", "alter table parts add n text")
        return made

    def alembic(self, *arguments: str, backup: str = "auto", url: str = "", **settings: str) -> Result:
        chosen = {"backup": backup, "backup_dir": str(self.folder), **settings}
        options = [part for name, value in chosen.items() for part in ("-x", f"safety.{name}={value}")]
        return alembic("-x", f"url={url or self.database.url_text}", *options, *arguments, cwd=self.project.folder)

    def manifests(self) -> list[Manifest]:
        return [read_manifest(entry.folder) for entry in backups(self.folder)]

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table, as text."""
        with self.database.connect() as connection:
            tables = connection.execute(
                "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = relnamespace "
                "where relkind = 'r' and nspname = 'public' order by 1"
            ).fetchall()
            return {
                name: sorted(str(row[0]) for row in connection.execute(f"select t::text from {name} t").fetchall())
                for (name,) in tables
            }


def drop_all(server: Server, prefix: str) -> None:
    """Drop the databases that a test has left: restored ones, and what they replaced."""
    with server.connect(autocommit=True) as connection:
        left = connection.execute(
            "select format('drop database %%I', datname) from pg_database where starts_with(datname, %s)", [prefix]
        ).fetchall()
        for (statement,) in left:
            connection.execute(statement)
