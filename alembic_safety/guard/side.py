"""A connection of our own beside the migration's, to the same database in the same way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import GuardError
from alembic_safety.guard.transactions import leaving_no_transaction
from alembic_safety.postgres.session import DirectSession, SqlalchemySession

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SideConnection:
    """Made by the project's own engine (its creator, tokens, sockets and connect events), but by a pool of its own.

    May be used from several threads, one statement at a time.
    """

    def __init__(self, beside: Connection, *, autocommit: bool = True) -> None:
        """Connect.

        :raises GuardError: there is no second connection to be had.
        """
        from sqlalchemy.engine import Engine

        engine = beside.engine
        self._engine = Engine(engine.pool.recreate(), engine.dialect, engine.url)
        self._lock = threading.Lock()
        #: Transactions that have written nothing but to our own schema.
        self.transactions: set[int] = set()
        try:
            self.connection = self._engine.connect()
            if autocommit:
                self.connection = self.connection.execution_options(isolation_level="AUTOCOMMIT")
        except Exception as error:
            raise GuardError(
                "the guard needs a connection of its own beside the migration's, and got none: "
                f"{str(error).strip().splitlines()[0]}"
            ) from error
        self.session = DirectSession(self.connection)

    def fetch(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """See ``Session.fetch``."""
        with self._lock:
            return self.session.fetch(sql, params)

    def execute(self, sql: str) -> None:
        """See ``Session.execute``."""
        with self._lock:
            self.session.execute(sql)

    def write(self, sql: str) -> None:
        """Run one INSERT or UPDATE of our own schema's, in a transaction of its own."""
        found = self.fetch(f"{sql} RETURNING pg_catalog.pg_current_xact_id()::text")
        self.transactions.update(int(row[0]) for row in found)

    def spend(self) -> None:
        """Have a transaction number given out, and be done with it."""
        self.transactions.update(int(row[0]) for row in self.fetch("SELECT pg_catalog.pg_current_xact_id()::text"))

    def close(self) -> None:
        """Close it, whatever became of it."""
        import contextlib

        with contextlib.suppress(Exception):
            self.connection.close()
        with contextlib.suppress(Exception):
            self._engine.dispose()


def backend_pid(session: SqlalchemySession) -> int:
    """The process of the server that answers now."""
    return int(session.fetch("SELECT pg_catalog.pg_backend_pid()")[0][0])


def driver_pid(connection: Connection) -> int:
    """The process of the server as the driver was told when it connected."""
    raw: Any = connection.connection.driver_connection
    if hasattr(raw, "get_server_pid"):  # asyncpg
        return int(raw.get_server_pid())
    return int(raw.info.backend_pid)


def is_pooled(connection: Connection) -> bool:
    """Whether a pooler such as PgBouncer stands between: the backend is another than the one that answered at connect."""
    with leaving_no_transaction(connection):
        return driver_pid(connection) != backend_pid(SqlalchemySession(connection))


def prepare_nothing(connection: Connection) -> None:
    """Behind a pooler the next transaction may meet another process, which knows nothing of a statement that was prepared in one."""
    _prepare_after(connection, None)


@contextmanager
def preparing_nothing(connection: Connection) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Within the block psycopg 3 prepares nothing by itself; it follows many statements by DEALLOCATE ALL once it did.

    Gives what makes it work as the project wants it, within a block.
    """
    before = _prepare_after(connection, None)

    @contextmanager
    def as_wanted() -> Iterator[None]:
        _prepare_after(connection, before)
        try:
            yield
        finally:
            _prepare_after(connection, None)

    try:
        yield as_wanted
    finally:
        _prepare_after(connection, before)


def _prepare_after(connection: Connection, count: int | None) -> int | None:
    """After how many executions psycopg 3 prepares a statement, None for never; returns what it was."""
    raw: Any = None if connection.closed or connection.invalidated else connection.connection.driver_connection
    if not hasattr(raw, "prepare_threshold"):
        return None
    before: int | None = raw.prepare_threshold
    raw.prepare_threshold = count
    return before
