"""Several queries in one round trip, where the driver can: waiting for a busy server costs more than the query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic_safety.postgres.session import PsycopgSession, Session, SqlalchemySession

if TYPE_CHECKING:
    import psycopg


def fetch_all(session: Session, statements: Sequence[str]) -> list[list[tuple[Any, ...]]]:
    """The rows of each statement (none for what returns none); the texts must hold one statement each.

    Raises the driver's own error.
    """
    connection = _connection(session)
    if connection is None:
        return [session.fetch(statement) for statement in statements]
    from psycopg.rows import tuple_row

    found = []
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute("\n;\n".join(statements), prepare=False)
        while True:
            # Cheaper than to ask for the description, which is made for each column anew.
            result = cursor.pgresult
            found.append(cursor.fetchall() if result is not None and result.nfields else [])
            if not cursor.nextset():
                return found


def _connection(session: Session) -> psycopg.Connection[Any] | None:
    """The psycopg 3 connection behind a session, unless somebody else has to see each statement."""
    if type(session) is PsycopgSession:
        return session.connection if session.connection.pgconn.pipeline_status == 0 else None
    if type(session) is not SqlalchemySession or session.connection.dialect.is_async:
        return None
    if session.connection.dialect.driver == "psycopg":
        # Only within a transaction that SQLAlchemy knows of: it would not end another one.
        driver: Any = session.connection.connection.driver_connection
        if session.connection.in_transaction() and driver.pgconn.pipeline_status == 0:
            return driver  # type: ignore[no-any-return]
    return None
