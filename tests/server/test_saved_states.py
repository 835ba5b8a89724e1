"""States of a throwaway server that are saved, come back, and are forgotten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from alembic_safety.postgres import places
from alembic_safety.postgres.binaries import Binaries
from alembic_safety.postgres.server import throwaway_server


def test_a_saved_state_comes_back(pg_binaries: Binaries, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with throwaway_server(pg_bin=pg_binaries.bindir) as server:
        assert not server.has_state("before x")
        assert server.start_from_state("before x") is None
        made = server.create_database()
        with made.connect() as connection:
            connection.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1); CREATE ROLE app")
        server.save_state("before x", made)
        with made.connect() as connection:  # the same URL goes on
            connection.execute("INSERT INTO t VALUES (2)")
        again = server.start_from_state("before x")
        with again.connect() as connection:
            assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]
    for _ in range(2):
        with throwaway_server(pg_bin=pg_binaries.bindir) as server:
            state = server.start_from_state("before x")
            with state.connect() as connection:
                assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]
                assert connection.execute("SELECT count(*) FROM pg_roles WHERE rolname = 'app'").fetchone() == (1,)
                connection.execute("INSERT INTO t VALUES (3)")
            copy = server.create_database(state)
            server.drop_database(state)
            server.drop_database(copy)
    with throwaway_server(pg_bin=pg_binaries.bindir, state="before x") as server:
        assert server.has_state("before x")
        assert not server.has_state("before y")


def test_the_oldest_states_are_forgotten(tmp_path: Path) -> None:
    for number in range(5):
        entry = tmp_path / str(number)
        entry.mkdir()
        (entry / "data").write_bytes(b"x" * 100)
        os.utime(entry, (number, number))
    places.forget_oldest(tmp_path, keep=3)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["2", "3", "4"]
    places.forget_oldest(tmp_path, keep=3, limit_bytes=250)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["3", "4"]
    places.forget_oldest(tmp_path, keep=3, limit_bytes=1)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["4"]  # the one just saved stays
