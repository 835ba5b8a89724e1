"""Several queries in one round trip, where the driver can: waiting for a busy server costs more than the query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic_safety.postgres.session import Session, psycopg_connection

if TYPE_CHECKING:
    import psycopg


def fetch_all(session: Session, statements: Sequence[str]) -> list[list[tuple[Any, ...]]]:
    """The rows of each statement (none for what returns none); the texts must hold one statement each.

    Raises the driver's own error.
    """
    connection = psycopg_connection(session)
    if connection is None:
        return [session.fetch(statement) for statement in statements]
    from psycopg.pq import TransactionStatus
    from psycopg.rows import tuple_row

    sql = "\n;\n".join(statements)
    if connection.pgconn.transaction_status == TransactionStatus.INTRANS:
        return _sent(connection, sql)
    found = []
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(sql, prepare=False)
        while True:
            # Cheaper than to ask for the description, which is made for each column anew.
            result = cursor.pgresult
            found.append(cursor.fetchall() if result is not None and result.nfields else [])
            if not cursor.nextset():
                return found


def _sent(connection: psycopg.Connection[Any], sql: str) -> list[list[tuple[Any, ...]]]:
    """What a cursor does with a text without parameters within a transaction, at less than half of its price."""
    from psycopg import errors, generators
    from psycopg.adapt import Transformer
    from psycopg.pq import ExecStatus

    with connection.lock:
        connection.pgconn.send_query(sql.encode(connection.info.encoding))
        results = connection.wait(generators.execute(connection.pgconn))
    loader = Transformer.from_context(connection)
    found: list[list[tuple[Any, ...]]] = []
    for result in results:
        if result.status == ExecStatus.TUPLES_OK:
            loader.set_pgresult(result)
            found.append(loader.load_rows(0, result.ntuples, tuple))
        elif result.status in (ExecStatus.COMMAND_OK, ExecStatus.EMPTY_QUERY):
            found.append([])
        else:
            raise errors.error_from_result(result, encoding=connection.info.encoding)
    return found
