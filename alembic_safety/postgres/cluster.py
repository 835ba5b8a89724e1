"""One PostgreSQL cluster of our own: made from a cached copy, started, stopped and removed.

A small shell process stands between us and the server: it holds a pipe from us, and when that closes because we died, it stops
the server and empties its folder. Whatever is left even then is swept by the next start (see sweep.py).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from alembic_safety.errors import ServerError
from alembic_safety.postgres import configuration, places
from alembic_safety.postgres.account import Account, run_as, server_account
from alembic_safety.postgres.binaries import Binaries
from alembic_safety.postgres.ownership import Owner
from alembic_safety.postgres.reachable import reachable

#: Who we are on a server of ours. Not postgres: a migration that names that role means it, and where it names nobody the role
#: that happens to run it must not be taken for a name. Nor the name of a schema, which "$user" in search_path would find.
SUPERUSER = "alembic_safety_rehearsal"
_POLL = 0.004
_START_TIMEOUT = 60.0
_STOP_TIMEOUT = 20.0
_LONGEST_SOCKET_PATH = 100

# Reads one line from us: "keep" leaves the server alone for good; the end of input without it means that we are gone.
_SUPERVISOR = """
run=$1; shift
exec 3<&0
"$@" </dev/null >>"$run/log" 2>&1 3<&- &
server=$!
(
    read -r word <&3
    [ "$word" = keep ] && exit 0
    : >"$run/orphaned"
    kill -QUIT "$server" 2>/dev/null
    sleep 5
    kill -KILL "$server" 2>/dev/null
) >/dev/null 2>&1 &
watcher=$!
wait "$server"
status=$?
exec 3<&-
kill "$watcher" 2>/dev/null
if [ -e "$run/orphaned" ]; then
    rm -rf -- "$run"/* 2>/dev/null
    rm -rf -- "${run%/run}" 2>/dev/null  # if it belongs to us; else the next start sweeps what is left of it
fi
exit "$status"
"""


class Cluster:
    """A server process with its private folder.

    ``folder`` belongs to us and holds the marker; ``folder/run`` belongs to the server's account and holds the data, the log and
    the socket.
    """

    def __init__(
        self, binaries: Binaries, owner: Owner, *, settings: Mapping[str, str] | None = None, room: int = 0
    ) -> None:
        self.account: Account | None = server_account()
        self.folder = places.private_folder(self.account, room)
        self.run = self.folder / "run"
        self.data = self.run / "data"
        self.user = SUPERUSER
        self.password: str | None = None
        self.extra_settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._maker = os.getpid()
        self._socket_folder: Path | None = None
        try:
            (self.folder / places.MARKER).write_text(owner.to_text())
            self.run.mkdir(mode=0o700)
            if self.account is not None:
                os.chown(self.run, self.account.uid, self.account.gid)
            self.binaries = reachable(binaries, self.account, self.folder)
            self.host, self.port = self._address()
        except BaseException:
            places.remove_tree(self.folder)
            raise

    # ── the data directory ──────────────────────────────────────────────────────────────────────────────────────────

    def fill(self, source: Path | None = None) -> None:
        """Put a data directory in place: a copy of ``source``, else of the cached fresh one (made now if there is none)."""
        if source is not None:
            places.copy_tree(source, self.data)
        elif not self._copy_cached():
            self._initialise()
        if configuration.NEEDS_PASSWORD:
            self.password = (self._cached.parent / "password").read_text()
        major = int((self.data / "PG_VERSION").read_text())
        configuration.write(self, major)

    @property
    def _cached(self) -> Path:
        return places.cache_folder("clusters", self.binaries_key) / "data"

    @property
    def binaries_key(self) -> str:
        """Names the programs in the cache: data of others can't be started by these."""
        who = f"{self.account.uid}" if self.account else "self"
        return f"{self.binaries.key}-{who}-{SUPERUSER}"

    def _copy_cached(self) -> bool:
        cached = self._cached
        if not (cached / "PG_VERSION").is_file():
            return False
        with contextlib.suppress(OSError):
            os.utime(cached.parent)  # the least recently used are dropped
        places.copy_tree(cached, self.data)
        return True

    def _initialise(self) -> None:
        cached = self._cached
        with places.locked(cached.parent / "lock"):
            if self._copy_cached():
                return  # someone else has made it while we waited
            self._initdb(self._new_password(cached.parent) if configuration.NEEDS_PASSWORD else None)
            unfinished = cached.with_name(f"data.{os.getpid()}")
            places.copy_tree(self.data, unfinished)
            unfinished.rename(cached)
        places.forget_oldest(places.cache_folder("clusters"), keep=12)

    def _new_password(self, cache: Path) -> Path:
        """Choose the superuser's password, keep it beside the cached data, and return a copy that initdb can read."""
        text = secrets.token_hex(16)
        for_initdb = self.run / "password"
        for file in (cache / "password", for_initdb):
            file.touch(mode=0o600)
            file.write_text(text)
        if self.account is not None:
            os.chown(for_initdb, self.account.uid, self.account.gid)
        return for_initdb

    def _initdb(self, password_file: Path | None) -> None:
        log = ""
        for locale in configuration.locales(self.binaries.major):
            command = [
                str(self.binaries.program("initdb")),
                "-D",
                str(self.data),
                "-U",
                self.user,
                "--no-sync",
                "-E",
                "UTF8",
            ]
            command += ["--wal-segsize", configuration.WAL_SEGMENT_MB, *locale]
            command += ["-A", "scram-sha-256", f"--pwfile={password_file}"] if password_file else ["-A", "trust"]
            command += ["--no-data-checksums"] if self.binaries.major >= 18 else []
            try:
                done = subprocess.run(
                    command,
                    capture_output=True,
                    text=True,
                    errors="replace",
                    check=False,
                    stdin=subprocess.DEVNULL,
                    cwd=self.folder,
                    env=configuration.environment(),
                    **run_as(self.account),
                )
            except OSError as error:
                who = f" as the user {self.account.name}" if self.account else ""
                raise ServerError(f"{command[0]} could not be run{who}: {error}") from error
            if done.returncode == 0:
                self._add_usual_superuser()
                return
            log = (done.stderr or done.stdout).strip()[-4000:]
            places.remove_tree(self.data)
        raise ServerError(f"initdb of {self.binaries} could not make a data directory in {self.data}", log=log)

    def _add_usual_superuser(self) -> None:
        """Create the superuser that migrations take for granted; without a running server, which initdb leaves us without."""
        done = subprocess.run(
            [str(self.binaries.program("postgres")), "--single", "-D", str(self.data), "template1"],
            input="CREATE ROLE postgres SUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS LOGIN\n",
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd=self.folder,
            env=configuration.environment(),
            **run_as(self.account),
        )
        if done.returncode != 0:
            raise ServerError(f"{self.binaries} could not be set up in {self.data}", log=done.stderr.strip()[-4000:])

    # ── the process ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _address(self) -> tuple[str, int]:
        if configuration.NEEDS_PASSWORD:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                return "127.0.0.1", probe.getsockname()[1]
        place = self.run
        if len(str(place)) + len("/.s.PGSQL.5432.lock") > _LONGEST_SOCKET_PATH:
            place = self._socket_folder = Path(tempfile.mkdtemp(prefix=places.PREFIX, dir="/tmp"))
            if self.account is not None:
                os.chown(place, self.account.uid, self.account.gid)
        return str(place), 5432

    def start(self, *, timeout: float = _START_TIMEOUT) -> None:
        """Start the server and wait until it takes connections. Raises ServerError with the server's log."""
        server = [str(self.binaries.program("postgres")), "-D", str(self.data)]
        shell = shutil.which("sh") if sys.platform != "win32" else None
        try:
            if shell is not None:
                self._process = subprocess.Popen(
                    [shell, "-c", _SUPERVISOR, "alembic-safety", str(self.run), *server],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    env=configuration.environment(),
                    start_new_session=True,  # Ctrl-C at the terminal is for us; we then stop the server in good order
                    **run_as(self.account),
                )
            else:
                self._start_without_shell()
        except OSError as error:
            raise ServerError(f"{server[0]} could not be started: {error}") from error
        self._wait_until_ready(timeout)

    def _start_without_shell(self) -> None:
        # On Windows postgres.exe refuses administrators, and pg_ctl sheds those rights first.
        command = [
            str(self.binaries.program("pg_ctl")),
            "start",
            "-D",
            str(self.data),
            "-l",
            str(self.run / "log"),
            "-W",
            "-s",
        ]
        subprocess.run(command, check=False, stdin=subprocess.DEVNULL, env=configuration.environment(), timeout=60)

    def _wait_until_ready(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while True:
            lines = self._pid_file()
            if len(lines) >= 8 and lines[7].strip() == "ready":
                return
            if self._process is not None and self._process.poll() is not None:
                raise ServerError(f"The server of {self.binaries} stopped while it started", log=self.log_tail())
            if time.monotonic() > deadline:
                raise ServerError(
                    f"The server of {self.binaries} was not ready within {timeout:g} s", log=self.log_tail()
                )
            time.sleep(_POLL)

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except (OSError, UnicodeDecodeError):
            return []

    @property
    def pid(self) -> int | None:
        """The process id of the running server, None when it doesn't run."""
        lines = self._pid_file()
        return int(lines[0]) if lines and lines[0].strip().isdigit() else None

    @property
    def is_running(self) -> bool:
        """Whether the server process still runs."""
        if self._process is not None:
            return self._process.poll() is None
        return self.pid is not None

    def has_ended(self, *, within: float) -> bool:
        """Whether the server process is gone, or goes within so many seconds: it may still be on its way out when its sessions end."""
        until = time.monotonic() + within
        while self.is_running and time.monotonic() < until:
            time.sleep(0.02)
        return not self.is_running

    def stop(self, *, clean: bool = False) -> None:
        """Stop the server if it runs: at once, or ``clean`` with a checkpoint so that its data can be copied and started again."""
        if sys.platform == "win32":
            mode = "fast" if clean else "immediate"
            command = [str(self.binaries.program("pg_ctl")), "stop", "-D", str(self.data), "-m", mode, "-w", "-s"]
            subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
            return
        process, self._process = self._process, None
        if process is None:
            return
        pid = self.pid
        with contextlib.suppress(ProcessLookupError):
            if process.poll() is None and pid is not None:
                os.kill(pid, signal.SIGINT if clean else signal.SIGQUIT)
            elif process.poll() is None:
                assert process.stdin is not None
                process.stdin.close()  # no server to name yet: the supervisor knows it
        try:
            # Popen.wait() with a time limit sleeps up to 50 ms between looks; this is the usual end of a run.
            deadline = time.monotonic() + _STOP_TIMEOUT
            while process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.001)
        finally:
            if process.poll() is None:
                if pid is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                process.kill()
                process.wait()
            if process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.close()

    def remove(self) -> None:
        """Stop the server and remove all that is on disk. Does nothing in a forked child: the server isn't the child's."""
        if os.getpid() != self._maker:
            return
        try:
            self.stop()
        finally:
            places.remove_tree(self.folder)
            if self._socket_folder is not None:
                places.remove_tree(self._socket_folder)

    def keep(self) -> None:
        """Let the server run on after us, and exempt it from every sweep."""
        (self.folder / places.MARKER).rename(self.folder / "kept")
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(b"keep\n")
            self._process.stdin.close()
            # Not our child to wait for any more; without this Python warns of it when it collects the object.
            self._process.returncode = 0
        self._process = None

    def how_to_stop(self) -> str:
        """The command that stops a kept server and removes it."""
        if sys.platform == "win32":
            stop = f'"{self.binaries.program("pg_ctl")}" stop -m immediate -D "{self.data}"'
            return f'{stop} & rmdir /s /q "{self.folder}"'
        return f"kill -QUIT $(head -1 {self.data}/postmaster.pid); rm -rf {self.folder} {self._socket_folder or ''}".strip()

    def log_tail(self, lines: int = 40) -> str:
        """The end of the server's log."""
        try:
            text = (self.run / "log").read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])
