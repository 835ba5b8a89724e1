"""One migrator at a time: an advisory lock on a connection of its own."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from typing import TYPE_CHECKING

from alembic_safety.errors import GuardError
from alembic_safety.guard.log import log
from alembic_safety.guard.side import SideConnection, backend_pid, prepare_nothing
from alembic_safety.postgres.identifiers import qualified, quote_literal
from alembic_safety.postgres.session import SqlalchemySession

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

#: Also what ends a query's portal: until the next statement it keeps the snapshot of a query that was sent by the extended protocol,
#: and CREATE INDEX CONCURRENTLY waits for every older snapshot in a transaction that stays open.
_WITHOUT_END = "SET LOCAL idle_in_transaction_session_timeout = 0"
_POLL = 0.1
_POLL_LONGEST = 1.0


class RunnerLock:
    """The lock of a version table. It is polled: a session that waits in ``pg_advisory_lock`` blocks CREATE INDEX CONCURRENTLY.

    Behind a pooler a session is not ours from one statement to the next, so there the lock lives in a transaction that
    stays open, and ``side`` is a second connection.
    """

    def __init__(self, connection: Connection, context: MigrationContext) -> None:
        """Connect; takes no lock yet. Raises GuardError where there is no connection for it."""
        name = qualified(context.version_table_schema, context.version_table)
        self._connection = connection
        self._what = name
        self._key = int.from_bytes(hashlib.sha256(f"alembic_safety {name}".encode()).digest()[:8], "big", signed=True)
        #: In autocommit mode, for whatever must not be undone with the migration.
        self.side = SideConnection(connection)
        self._holder = self.side
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        #: Whether a pooler stands between, so that a process of the server is ours no longer than a transaction.
        self.is_pooled = self.side.is_pooled
        if self.is_pooled:
            self._holder = SideConnection(self._connection, autocommit=False)
            for connection in (self._connection, self.side.connection, self._holder.connection):
                prepare_nothing(connection)
        else:
            name = f"alembic-safety {os.getpid()}@{socket.gethostname()}"[:63]
            # What the journal says goes to disk no later than the COMMIT that follows it: one log, in order.
            self.side.execute(
                f"SET application_name = {quote_literal(name)}; SET idle_session_timeout = 0; SET synchronous_commit = off"
            )
            if backend_pid(self.side.session) == backend_pid(SqlalchemySession(self._connection)):
                raise GuardError(
                    "the project's engine gives the same connection twice, so no lock can be held beside the migration: "
                    "let env.py make its engine from a URL, or set safety.enabled=off"
                )

    def acquire(self, longest: float | None) -> None:
        """Wait for the lock.

        :param longest: seconds; None is without end.
        :raises GuardError: somebody else held it all the time.
        """
        started, pause, said = time.monotonic(), _POLL, False
        while not self._try():
            if longest is not None and time.monotonic() - started >= longest:
                raise GuardError(
                    f"another migration of {self._what} is running, waited {longest:g} s for it: {self.holder()}; "
                    "run again when it is done, or wait longer with -x safety.lock_wait=10min"
                )
            if not said:
                log().warning("waiting for another migration of %s: %s", self._what, self.holder())
                said = True
            time.sleep(pause)
            pause = min(pause * 1.5, _POLL_LONGEST)

    def _try(self) -> bool:
        if not self.is_pooled:
            return bool(self._holder.fetch(f"SELECT pg_catalog.pg_try_advisory_lock({self._key})")[0][0])
        self._holder.rollback()
        is_new = int(self._holder.fetch("SHOW server_version_num")[0][0]) >= 170000
        taken = bool(self._holder.fetch(f"SELECT pg_catalog.pg_try_advisory_xact_lock({self._key})")[0][0])
        self._holder.execute(_WITHOUT_END + ("; SET LOCAL transaction_timeout = 0" if is_new else ""))
        return taken

    def holder(self) -> str:
        """Who holds it, in words."""
        unsigned = self._key % 2**64
        rows = self.side.fetch(f"""
            SELECT l.pid, a.usename, a.application_name, pg_catalog.host(a.client_addr),
                   pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - a.backend_start)::text
            FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a USING (pid)
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
              AND l.classid = {unsigned >> 32}::text::oid AND l.objid = {unsigned % 2**32}::text::oid
              AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())""")
        if not rows:
            return "it has just ended"
        pid, user, application, client, age = rows[0]
        parts = [f"server process {pid}"]
        parts += [f"{label} {value}" for label, value in (("user", user), ("from", client)) if value]
        parts += [f"application {application!r}"] if application else []
        parts += [f"connected for {age}"] if age else []
        return ", ".join(parts)

    def require(self) -> None:
        """Make sure that the lock is still ours; take it again on a new connection where ours was lost.

        :raises GuardError: somebody else may be migrating.
        """
        if self._is_held():
            return
        self.close()
        self.reopen()
        if not self._try():
            raise GuardError(f"the connection that held the migration lock was lost, and now has it: {self.holder()}")
        log().warning("the connection that held the migration lock was lost; the lock was taken again")

    def reopen(self) -> None:
        """Connect again after ``close()``; takes no lock yet."""
        self.side = self._holder = SideConnection(self._connection)
        self._prepare()

    def _is_held(self) -> bool:
        unsigned = self._key % 2**64
        try:
            rows = self._holder.fetch(f"""
                SELECT 1 FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
                AND pid = pg_catalog.pg_backend_pid() AND classid = {unsigned >> 32}::text::oid
                AND objid = {unsigned % 2**32}::text::oid""")
            if self.is_pooled:
                self._holder.execute(_WITHOUT_END)
            return bool(rows)
        except Exception:  # noqa: BLE001 - whatever the driver raises where the server ended the session
            return False

    def close(self) -> None:
        """Give it up, with its connections."""
        if self._holder is not self.side:
            self._holder.close()
        self.side.close()
