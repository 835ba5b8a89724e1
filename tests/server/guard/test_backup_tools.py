"""Client programs of another version than the server's, and connections made in every way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

from alembic_safety.errors import BackupError
from alembic_safety.guard.backup.plan import client
from alembic_safety.postgres import clienttools
from alembic_safety.postgres.binaries import Binaries, all_programs, program_version
from alembic_safety.postgres.endpoint import endpoint_of
from alembic_safety.postgres.server import Server
from alembic_safety.settings import Settings
from tests.conftest import ScratchDatabase
from tests.support.backup_place import Place

pytestmark = pytest.mark.server


def only(monkeypatch: pytest.MonkeyPatch, *majors: int) -> None:
    """Let this machine have only the client programs of these versions."""

    def found(name: str) -> Iterator[Path]:
        return (path for path in all_programs(name) if program_version(path) in majors)

    monkeypatch.setattr(clienttools, "all_programs", found)


def test_an_older_pg_dump_is_refused_before_anything(
    place: Place, pg_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, *range(10, pg_server.major))
    refused = place.alembic("upgrade", "head", backup="full")
    assert refused.status != 0
    assert f"there is no pg_dump for a PostgreSQL {pg_server.major} server" in refused.out
    assert "safety.backup=none" in refused.out
    assert not place.folder.exists()
    assert place.alembic("current").out.startswith("a1")
    # By default that is told, and is no reason not to migrate.
    assert place.alembic("upgrade", "head").status == 0
    assert place.alembic("current").out.startswith("a2")


def test_newer_tools_dump_and_restore(place: Place, pg_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = {program_version(path) for path in all_programs("pg_restore")} & set(range(pg_server.major + 1, 30))
    if not newer:
        pytest.skip("no newer client programs are installed")
    only(monkeypatch, max(newer))
    schema, rows = place.database.dump_schema(), place.rows()
    assert place.alembic("upgrade", "head", backup="full", backup_verify="restore").status == 0
    (manifest,) = place.manifests()
    assert manifest.tool_major == max(newer)
    done = place.alembic("safety-restore", manifest.id, "--confirm", place.database.name)
    assert done.status == 0, done.err
    assert (place.database.dump_schema(), place.rows()) == (schema, rows)
    with pg_server.connect(autocommit=True) as connection:
        ((aside,),) = connection.execute(
            "select datname from pg_database where starts_with(datname, %s)", [f"{place.database.name}_before"]
        ).fetchall()
        connection.execute(f'drop database "{aside}"')
    # An archive is read by nothing older than what wrote it.
    only(monkeypatch, *range(10, max(newer)))
    refused = place.alembic("safety-restore", manifest.id, "--into", "never_made")
    assert f"there is no pg_restore for a PostgreSQL {max(newer)}" in refused.err


def test_a_folder_that_is_named_counts_first(any_binaries: Binaries) -> None:
    tool = client(Settings(pg_bin=any_binaries.bindir), "pg_dump", 14)
    assert tool.path.parent == any_binaries.bindir
    with pytest.raises(BackupError, match="there is no pg_dump for a PostgreSQL 99 server"):
        client(Settings(pg_bin=any_binaries.bindir), "pg_dump", 99)


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_how_a_driver_connected_is_known(database: ScratchDatabase, driver: str) -> None:
    url = database.url.set(drivername=f"postgresql+{driver}").update_query_dict(
        {"application_name": "x", "keepalives": "1"}
    )
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        endpoint = endpoint_of(connection)
    engine.dispose()
    assert endpoint.dbname == database.name
    assert "keepalives" not in endpoint.parameters
    assert "password" not in repr(endpoint)
    with endpoint.connect() as connection:
        assert connection.execute("select current_database()").fetchone() == (database.name,)


def test_how_asyncpg_connected_is_known(database: ScratchDatabase) -> None:
    import asyncio

    from sqlalchemy.ext.asyncio import create_async_engine

    async def ask() -> str:
        engine = create_async_engine(database.url.set(drivername="postgresql+asyncpg"))
        async with engine.connect() as connection:
            endpoint = await connection.run_sync(endpoint_of)
        await engine.dispose()
        return endpoint.parameters["host"]

    assert asyncio.run(ask()) == database.server.parameters()["host"]
