"""One server for what no version of PostgreSQL changes; ``place`` is a project at its first revision, there or on every version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alembic_safety.postgres.binaries import Binaries
from alembic_safety.postgres.server import Server, throwaway_server
from tests.conftest import ScratchDatabase
from tests.support.backup_place import Place, drop_all


@pytest.fixture(scope="session")
def one_server(any_binaries: Binaries) -> Iterator[Server]:
    with throwaway_server(pg_bin=any_binaries.bindir) as server:
        yield server


@pytest.fixture
def place(tmp_path: Path, database: ScratchDatabase) -> Iterator[Place]:
    yield Place.at_a1(tmp_path, database)
    drop_all(database.server, f"{database.name}_")


@pytest.fixture
def one_database(one_server: Server) -> Iterator[ScratchDatabase]:
    made = ScratchDatabase(one_server.create_database(), one_server)
    yield made
    drop_all(one_server, f"{made.name}_")
    one_server.drop_database(made.database)


@pytest.fixture
def one_place(tmp_path: Path, one_database: ScratchDatabase) -> Place:
    return Place.at_a1(tmp_path, one_database)
