"""A server that the user names: only what we made there goes, and what only our own can do is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import alembic_safety
from alembic_safety.errors import OwnershipError, ServerError, UsageError
from alembic_safety.postgres.server import Server, throwaway_server


def _address(server: Server) -> str:
    return server.url().set(drivername="postgresql").render_as_string(hide_password=False)


def test_scratch_databases_on_a_named_server_are_dropped_and_it_stays(pg_server: Server) -> None:
    with throwaway_server(url=_address(pg_server)) as named:
        assert not named.is_ours
        assert named.binaries is None
        assert named.version_num == pg_server.version_num
        first = named.create_database()
        clone = named.create_database(first)
        left_open = clone.connect()
    left_open.close()
    names = [row[0] for row in pg_server.maintenance().execute("SELECT datname FROM pg_database").fetchall()]
    assert first.name not in names
    assert clone.name not in names


_LEAVE = """
import os, sys
from alembic_safety.postgres.server import throwaway_server
with throwaway_server(url=sys.argv[1]) as server:
    print(server.create_database().name, flush=True)
    os._exit(1)
"""


def test_what_a_killed_run_left_on_a_named_server_is_swept(pg_server: Server) -> None:
    environment = dict(os.environ, PYTHONPATH=str(Path(alembic_safety.__file__).parent.parent))
    command = [sys.executable, "-c", _LEAVE, _address(pg_server)]
    name = subprocess.run(command, capture_output=True, text=True, env=environment, check=False).stdout.strip()
    query = "SELECT count(*) FROM pg_database WHERE datname = %s"
    assert pg_server.maintenance().execute(query, [name]).fetchone() == (1,)
    with throwaway_server(url=_address(pg_server)):
        assert pg_server.maintenance().execute(query, [name]).fetchone() == (0,)


def test_what_only_our_own_server_can_do_is_refused_on_a_named_one(pg_server: Server) -> None:
    with throwaway_server(url=_address(pg_server)) as named:
        with pytest.raises(OwnershipError, match="No role is created"):
            named.ensure_roles(["app"])
        with pytest.raises(ServerError, match="Only a server of our own can save a state"):
            named.save_state("x", named.create_database())
        assert named.stand_ins == ()


@pytest.mark.parametrize("url", ["mysql://root@localhost/db", "sqlite:///x.db", "not a url"])
def test_a_url_that_is_not_postgresql(url: str) -> None:
    with pytest.raises(UsageError, match="--server"), throwaway_server(url=url):
        pass


def test_a_named_server_that_is_not_there() -> None:
    with (
        pytest.raises(ServerError, match="No connection to") as caught,
        throwaway_server(url="postgresql://me:hunter2@127.0.0.1:1/db"),
    ):
        pass
    assert "hunter2" not in str(caught.value)
