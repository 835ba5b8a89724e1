"""One narrow way to talk to a database, whatever driver the project uses.

Text given to :meth:`Session.execute` reaches the server byte for byte: ``%``, ``:name`` and backslashes mean nothing to us.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import psycopg
    import sqlalchemy

#: Key in ``Connection.info`` of what wants to know each text that goes past SQLAlchemy's own events.
SENT = "alembic_safety_sent"
#: And of what is asked first, with the text and what sends it: whether it has seen to it.
THROUGH = "alembic_safety_through"
_PLACEHOLDER = re.compile(r"%[s%]")


class Session(Protocol):
    """The least that our readers need of a connection."""

    def fetch(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one query and return its rows; ``%s`` is a placeholder (and ``%%`` a percent sign) only with ``params``.

        Raises the driver's own error.
        """

    def execute(self, sql: str) -> None:
        """Send ``sql`` as it is, by the simple protocol: it may hold any number of statements; their rows are dropped.

        Raises the driver's own error (wrapped by SQLAlchemy where SQLAlchemy does so).
        """


class PsycopgSession:
    """A :class:`Session` on a psycopg 3 connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def fetch(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """See :meth:`Session.fetch`."""
        import psycopg.rows

        with self.connection.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
            cursor.execute(sql, params or None)
            while cursor.nextset():
                pass
            result = cursor.pgresult  # cheaper to ask than for the description
            return cursor.fetchall() if result is not None and result.nfields else []

    def execute(self, sql: str) -> None:
        """See :meth:`Session.execute`."""
        with self.connection.cursor() as cursor:
            # Never prepared: a prepared statement can't hold several statements, and its cached plan outlives its tables.
            cursor.execute(sql, prepare=False)


class SqlalchemySession:
    """A :class:`Session` on a SQLAlchemy connection of psycopg, psycopg2 or asyncpg (the latter within ``run_sync``)."""

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self.connection = connection
        self._driver = connection.dialect.driver

    def fetch(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """See :meth:`Session.fetch`."""
        if not params:
            result = self.connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
        elif self._driver == "asyncpg":
            result = self.connection.exec_driver_sql(_numbered(sql), tuple(params))
        else:
            result = self.connection.exec_driver_sql(sql, tuple(params))
        if not result.returns_rows:
            return []
        return [tuple(row) for row in result]

    def execute(self, sql: str) -> None:
        """See :meth:`Session.execute`."""
        if not sql.strip():
            return  # psycopg2 takes an empty query for an error; there is nothing to send
        if self._driver == "asyncpg":
            self._execute_asyncpg(sql)
            return
        # Without this option SQLAlchemy passes an empty parameter set, and the drivers then interpret every "%".
        try:
            self.connection.exec_driver_sql(sql, execution_options={"no_parameters": True}).close()
        except Exception as error:
            if self._driver == "psycopg2" and "can't execute an empty query" in str(error):
                return  # only comments: the server took it without complaint
            raise

    def _execute_asyncpg(self, sql: str) -> None:
        # SQLAlchemy prepares every statement, and PostgreSQL prepares only one at a time; asyncpg's own execute() doesn't.
        connection = self.connection.connection
        driver_connection: Any = connection.driver_connection
        if not driver_connection.is_in_transaction():
            # SQLAlchemy begins its transaction with the first statement that goes through it.
            self.connection.exec_driver_sql("SELECT 1").close()
        adapted: Any = connection.dbapi_connection

        def send() -> None:
            try:
                adapted.run_async(lambda raw: raw.execute(sql))
            except AttributeError:
                # asyncpg trips over the answer to a text that holds only comments, after the server has taken it.
                if not _only_comments(sql):
                    raise

        through = self.connection.info.get(THROUGH)
        if through is None or not through(sql, send):
            send()
        if (sent := self.connection.info.get(SENT)) is not None:
            sent(sql)


class DirectSession(SqlalchemySession):
    """The same for statements of our own, which no listener of SQLAlchemy's has to see: past its bookkeeping where psycopg can."""

    def fetch(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """See :meth:`Session.fetch`."""
        driver = psycopg_connection(self)
        if driver is None:
            return super().fetch(sql, params)
        try:
            return PsycopgSession(driver).fetch(sql, params)
        except Exception:
            self._lost(driver)
            raise

    def execute(self, sql: str) -> None:
        """See :meth:`Session.execute`."""
        driver = psycopg_connection(self)
        if driver is None or not sql.strip():
            super().execute(sql)
            return
        try:
            PsycopgSession(driver).execute(sql)
        except Exception:
            self._lost(driver)
            raise

    def _lost(self, driver: psycopg.Connection[Any]) -> None:
        """Have SQLAlchemy know of a connection that is gone, as it would by an error of its own statements."""
        if driver.closed and not self.connection.invalidated:
            self.connection.invalidate()


def psycopg_connection(session: Session) -> psycopg.Connection[Any] | None:
    """The psycopg 3 connection behind a session of ours, where it may be used directly."""
    if type(session) is PsycopgSession:
        return session.connection if session.connection.pgconn.pipeline_status == 0 else None
    if type(session) not in (SqlalchemySession, DirectSession):
        return None
    assert isinstance(session, SqlalchemySession)
    if session.connection.dialect.is_async:
        return None
    if session.connection.dialect.driver == "psycopg":
        # Only within a transaction that SQLAlchemy knows of: it would not end another one.
        driver: Any = session.connection.connection.driver_connection
        if session.connection.in_transaction() and driver.pgconn.pipeline_status == 0:
            return driver  # type: ignore[no-any-return]
    return None


def commits_by_itself(connection: sqlalchemy.Connection) -> bool:
    """Whether each statement is committed as it is done (the isolation level AUTOCOMMIT)."""
    return bool(getattr(connection.connection.dbapi_connection, "autocommit", False))


def _numbered(sql: str) -> str:
    """``%s`` to ``$1``, ``$2``, … as asyncpg wants it; ``%%`` to ``%``."""
    count = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal count
        if match[0] == "%%":
            return "%"
        count += 1
        return f"${count}"

    return _PLACEHOLDER.sub(replace, sql)


def _only_comments(sql: str) -> bool:
    return not re.sub(r"--[^\n]*|/\*.*?\*/", "", sql, flags=re.DOTALL).strip(" \t\r\n\f;")


def sqlstate(error: BaseException) -> str | None:
    """The five-character SQLSTATE of a database error of psycopg, psycopg2, asyncpg or SQLAlchemy; None if it has none."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        for attribute in ("sqlstate", "pgcode"):
            value = getattr(current, attribute, None)
            if isinstance(value, str):
                return value
        current = getattr(current, "orig", None) or current.__cause__
    return None
