"""What is done to the programs under test, to the server, and to what others hold there."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from pathlib import Path

import psycopg

from alembic_safety.postgres.databases import Database
from alembic_safety.postgres.server import Server
from tests.support.faults.calls import Worker

#: Our own process killed, the client program that it runs, the server's process of the connection ended, all of them, the server crashed,
#: stopped in good order and started again, and another session that holds locks for a moment, or for longer than we try.
DEEDS = ("kill", "kill tool", "terminate", "terminate all", "crash", "restart", "lock", "long lock")
_SECONDS = {"lock": 0.4, "long lock": 2.5}
_LOCK = """
select format('lock table %s in access share mode nowait', string_agg(c.oid::regclass::text, ', '))
from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> 'alembic_version'
"""


class Deeds:
    """Against one server, which is nobody else's."""

    def __init__(self, server: Server, worker: Worker) -> None:
        self._server = server
        self._worker = worker
        self._admin: psycopg.Connection[tuple[object, ...]] | None = None
        self._holders: list[threading.Thread] = []

    def do(self, deed: str, pid: int, database: Database) -> None:
        """Do it.

        :param pid: the server's process of the connection that is struck at.
        """
        if deed == "kill":
            if self._worker.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._worker.pid, signal.SIGKILL)
        elif deed == "kill tool":
            for child in _children(self._worker.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        elif deed == "terminate":
            self.admin().execute(f"select pg_terminate_backend({pid})")
        elif deed == "terminate all":
            self._server.release()  # what the harness itself keeps open
            self.admin().execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
            )
        elif deed in _SECONDS:
            self._hold(database, _SECONDS[deed])
        else:
            self._again(signal.SIGQUIT if deed == "crash" else signal.SIGINT)

    def admin(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection beside all others."""
        if self._admin is None or self._admin.closed:
            self._admin = self._server.connect(autocommit=True)
        return self._admin

    def rest(self) -> None:
        """Until nobody holds anything any more."""
        for holder in self._holders:
            holder.join()
        self._holders.clear()

    def close(self) -> None:
        """Hold nothing any more."""
        self.rest()
        if self._admin is not None:
            self._admin.close()

    def _again(self, how: signal.Signals) -> None:
        """Stop the server, and start it again."""
        cluster = self._server.cluster
        assert cluster is not None
        if self._admin is not None:
            self._admin.close()
            self._admin = None
        postmaster = cluster.pid
        assert postmaster is not None
        os.kill(postmaster, how)
        while cluster.is_running:
            time.sleep(0.01)
        cluster.start()
        self._server.release()

    def _hold(self, database: Database, seconds: float) -> None:
        """A reader on every table, where it gets in at once."""
        parameters = self._server.parameters(database.name)
        try:
            connection = psycopg.connect(**parameters, connect_timeout=2)  # type: ignore[arg-type]
        except psycopg.Error:
            return  # nobody gets into a database that is being renamed
        try:
            (statement,) = connection.execute(_LOCK).fetchone() or ("",)
            connection.execute(str(statement))
        except psycopg.Error:
            connection.close()  # the migration was there before
            return

        def hold() -> None:
            time.sleep(seconds)
            with contextlib.suppress(psycopg.Error):
                connection.close()

        self._holders.append(threading.Thread(target=hold))
        self._holders[-1].start()


def _children(pid: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == pid:
                child = int(stat.parent.name)
                found += [child, *_children(child)]
    return found
