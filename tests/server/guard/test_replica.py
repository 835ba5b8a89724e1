"""A streaming standby: what is said of one that lags, and what is said to whoever takes it for the primary."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from alembic_safety.postgres.account import run_as, server_account
from alembic_safety.postgres.binaries import Binaries
from alembic_safety.postgres.server import Server, throwaway_server
from tests.support.cli import Result, alembic
from tests.support.project import Project

pytestmark = pytest.mark.server
_NAME = "standby_of_a_test"


@pytest.fixture
def primary(any_binaries: Binaries) -> Iterator[Server]:
    """A server of its own that standbys may connect to."""
    with throwaway_server(pg_bin=any_binaries.bindir) as server:
        assert server.cluster is not None
        hba = server.cluster.data / "pg_hba.conf"
        hba.write_text("local replication all trust\nhost replication all 127.0.0.1/32 trust\n" + hba.read_text())
        with server.connect(autocommit=True) as connection:
            connection.execute("select pg_reload_conf()")
        yield server


@contextlib.contextmanager
def standby_of(primary: Server, folder: Path) -> Iterator[Server]:
    """A standby that has caught up."""
    assert primary.cluster is not None
    assert primary.binaries is not None
    parameters = primary.parameters("postgres")
    connection = (
        f"host={parameters['host']} port={parameters['port']} user={parameters['user']} application_name={_NAME}"
    )
    account = server_account()
    folder.mkdir(mode=0o711)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    data = folder / "data"
    backup = [str(primary.binaries.program("pg_basebackup")), "-d", connection, "-D", str(data), "-R", "-X", "stream"]
    subprocess.run([*backup, "--checkpoint=fast"], check=True, capture_output=True, **run_as(account))
    command = [str(primary.binaries.program("postgres")), "-D", str(data), "-c", f"unix_socket_directories={folder}"]
    process = subprocess.Popen(
        [*command, "-c", "listen_addresses="], cwd="/", stderr=subprocess.DEVNULL, **run_as(account)
    )
    server = Server(primary.url().set(query={**primary.url().query, "host": str(folder)}), primary.owner)
    try:
        until(lambda: _answers(server))
        caught_up(primary, server)
        yield server
    finally:
        server.release()
        process.send_signal(2)
        process.wait(30)
        shutil.rmtree(folder)


def _answers(server: Server) -> bool:
    with contextlib.suppress(psycopg.Error, Exception), server.connect() as connection:
        return connection.execute("select pg_is_in_recovery()").fetchone() == (True,)
    return False


def until(holds: object) -> None:
    """Wait for something that comes by itself."""
    assert callable(holds)
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)


def caught_up(primary: Server, standby: Server) -> None:
    """Wait until the standby has replayed all that the primary has written."""
    with primary.connect() as connection:
        (lsn,) = connection.execute("select pg_current_wal_insert_lsn()::text").fetchone() or ("",)

    def replayed() -> bool:
        with standby.connect() as connection:
            query = "select pg_last_wal_replay_lsn() >= %s::pg_lsn"
            return connection.execute(query, [lsn]).fetchone() == (True,)

    until(replayed)


def test_a_standby(
    primary: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    database = primary.create_database()
    project = Project.new(tmp_path / "project")
    project.sql(
        "a1", "create table t (id int primary key); insert into t select generate_series(1, 100)", "drop table t"
    )

    def on(server: Server, *arguments: str) -> Result:
        url = server.url(database.name).render_as_string(hide_password=False)
        return alembic("-x", f"url={url}", "-x", "safety.backup=none", *arguments, cwd=project.folder)

    def head(server: Server) -> object:
        with server.connect(database.name) as connection:
            return connection.execute("select version_num from alembic_version").fetchall()

    assert on(primary, "upgrade", "head").status == 0
    # Short, because the paths of sockets are.
    folder = primary.cluster.folder.parent / f"{primary.cluster.folder.name}_standby"  # type: ignore[union-attr]
    with standby_of(primary, folder) as standby:
        assert on(standby, "upgrade", "head").status == 0  # there is nothing to do
        project.sql("a2", "alter table t add column n int", "alter table t drop column n")
        for command in (("upgrade", "head"), ("downgrade", "-1")):
            done = on(standby, *command)
            assert done.status != 0
            assert "this server is a standby, which nobody can change; connect to the primary" in done.out + done.err
            assert "goes on all the same" not in done.out + done.err
            assert "Traceback" not in done.out + done.err
            assert "Error)" not in done.out + done.err
        assert "this server is a standby" in on(standby, "safety-plan").out
        verified = on(standby, "safety-verify")
        assert verified.status == 0, verified.out + verified.err
        # One that lags is told of, and does not hold anything up.
        monkeypatch.setattr("alembic_safety.guard.preflight.replication._BEHIND", 100_000)
        with standby.connect(autocommit=True) as connection:
            connection.execute("select pg_wal_replay_pause()")
            until(lambda: connection.execute("select pg_get_wal_replay_pause_state()").fetchone() == ("paused",))
        with primary.connect(database.name, autocommit=True) as connection:
            connection.execute(
                "create table much as select g, repeat(md5(g::text), 10) from generate_series(1, 2000) g"
            )
            query = "select count(*) from pg_stat_replication where pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) > 100000"
            until(lambda: connection.execute(query).fetchone() == (1,))
        assert on(primary, "upgrade", "head").status == 0
        assert f"standby {_NAME} (local) is " in caplog.text
        assert " behind; wait until it has caught up" in caplog.text
        assert head(standby) == [("a1",)]
        with standby.connect(autocommit=True) as connection:
            connection.execute("select pg_wal_replay_resume()")
        caught_up(primary, standby)
        assert head(standby) == [("a2",)]
