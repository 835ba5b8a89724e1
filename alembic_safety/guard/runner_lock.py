"""One migrator at a time: an advisory lock on a connection of its own."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from typing import TYPE_CHECKING

from alembic_safety.errors import GuardError
from alembic_safety.guard.log import log
from alembic_safety.guard.side import SideConnection, backend_pid, is_pooled, prepare_nothing
from alembic_safety.guard.transactions import leaving_no_transaction
from alembic_safety.postgres.identifiers import qualified, quote_literal
from alembic_safety.postgres.session import SqlalchemySession, sqlstate

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

#: Also what ends a query's portal: until the next statement it keeps the snapshot of a query that was sent by the extended protocol,
#: and CREATE INDEX CONCURRENTLY waits for every older snapshot in a transaction that stays open.
_WITHOUT_END = "SET LOCAL idle_in_transaction_session_timeout = 0"
#: protocol_violation, as PgBouncer says that a client has waited for query_wait_timeout.
_NO_ANSWER = "08P01"
_POLL = 0.1
_POLL_LONGEST = 1.0


class RunnerLock:
    """The lock of a version table. It is polled: a session that waits in ``pg_advisory_lock`` blocks CREATE INDEX CONCURRENTLY.

    Behind a pooler a session is not ours from one statement to the next, so there the lock lives in a transaction that
    stays open, and ``side`` is a second connection, made when the lock is ours: whoever waits keeps none, because all that the
    pooler has may be kept by others who wait.
    """

    def __init__(self, connection: Connection, context: MigrationContext) -> None:
        """Takes no lock yet. Raises GuardError where there is no connection for it."""
        name = qualified(context.version_table_schema, context.version_table)
        self._connection = connection
        self._what = name
        self._key = int.from_bytes(hashlib.sha256(f"alembic_safety {name}".encode()).digest()[:8], "big", signed=True)
        #: Who holds the lock, in words, as of the last try.
        self._seen = ""
        self._side: SideConnection | None = None
        self._holder: SideConnection | None = None
        #: The server's process that holds the lock, where it is ours alone.
        self._pid: int | None = None
        self.reopen()

    @property
    def side(self) -> SideConnection:
        """In autocommit mode, for whatever must not be undone with the migration. Behind a pooler only while the lock is held."""
        assert self._side is not None
        return self._side

    def reopen(self) -> None:
        """Connect, after ``close()`` again; takes no lock yet."""
        self._pid = None
        #: Whether a pooler stands between, so that a process of the server is ours no longer than a transaction.
        self.is_pooled = is_pooled(self._connection)
        if self.is_pooled:
            prepare_nothing(self._connection)
            return
        self._side = self._holder = SideConnection(self._connection)
        try:
            name = f"alembic-safety {os.getpid()}@{socket.gethostname()}"[:63]
            # What the journal says goes to disk no later than the COMMIT that follows it: one log, in order.
            self._side.execute(
                f"SET application_name = {quote_literal(name)}; SET idle_session_timeout = 0; SET synchronous_commit = off"
            )
            self._pid = backend_pid(self._side.session)
            with leaving_no_transaction(self._connection):
                is_same = self._pid == backend_pid(SqlalchemySession(self._connection))
            if is_same:
                raise GuardError(
                    "the project's engine gives the same connection twice, so no lock can be held beside the migration: "
                    "let env.py make its engine from a URL, or set safety.enabled=off"
                )
        except BaseException:
            self.close()
            raise

    def acquire(self, longest: float | None) -> None:
        """Wait for the lock.

        :param longest: seconds; None is without end.
        :raises GuardError: somebody else held it all the time.
        """
        started, pause, said = time.monotonic(), _POLL, False
        while not self._try():
            if longest is not None and time.monotonic() - started >= longest:
                raise GuardError(
                    f"another migration of {self._what} is running, waited {longest:g} s for it: {self._seen}; "
                    "run again when it is done, or wait longer with -x safety.lock_wait=10min"
                )
            if not said:
                log().warning("waiting for another migration of %s: %s", self._what, self._seen)
                said = True
            time.sleep(pause)
            pause = min(pause * 1.5, _POLL_LONGEST)

    def _try(self) -> bool:
        if not self.is_pooled:
            taken = bool(self.side.fetch(f"SELECT pg_catalog.pg_try_advisory_lock({self._key})")[0][0])
            self._seen = "" if taken else self._who(self.side)
            return taken
        holder = SideConnection(self._connection, autocommit=False)
        try:
            prepare_nothing(holder.connection)
            is_new = int(holder.fetch("SHOW server_version_num")[0][0]) >= 170000
            if not holder.fetch(f"SELECT pg_catalog.pg_try_advisory_xact_lock({self._key})")[0][0]:
                self._seen = self._who(holder)
                holder.close()
                return False
            holder.execute(_WITHOUT_END + ("; SET LOCAL transaction_timeout = 0" if is_new else ""))
            self._side = SideConnection(self._connection)
            prepare_nothing(self._side.connection)
        except BaseException as error:
            holder.close()
            if sqlstate(error) == _NO_ANSWER:
                raise GuardError(
                    "the pooler has no connection left for the lock: it needs one for each migrator that waits, and two more for "
                    f"the one that migrates (PgBouncer: default_pool_size); it says {str(error).strip().splitlines()[0]}"
                ) from error
            raise
        self._holder = holder
        return True

    def _who(self, connection: SideConnection) -> str:
        """Who holds the lock, in words."""
        unsigned = self._key % 2**64
        rows = connection.fetch(f"""
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
            raise GuardError(f"the connection that held the migration lock was lost, and now has it: {self._seen}")
        log().warning("the connection that held the migration lock was lost; the lock was taken again")

    @property
    def is_held(self) -> str:
        """An expression in SQL, for any session of the database: the lock is certainly ours."""
        return "false" if self._pid is None else self._held_by(str(self._pid))

    def _held_by(self, pid: str) -> str:
        unsigned = self._key % 2**64
        return (
            "EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
            f"AND pid = {pid} AND classid = {unsigned >> 32}::text::oid AND objid = {unsigned % 2**32}::text::oid)"
        )

    def _is_held(self) -> bool:
        if self._holder is None:
            return False
        try:
            found = self._holder.fetch(f"SELECT {self._held_by('pg_catalog.pg_backend_pid()')}")
            if self.is_pooled:
                self._holder.execute(_WITHOUT_END)
            return bool(found[0][0])
        except Exception:  # noqa: BLE001 - whatever the driver raises where the server ended the session
            return False

    def close(self) -> None:
        """Give it up, with its connections."""
        for connection in {self._holder, self._side} - {None}:
            assert connection is not None
            connection.close()
