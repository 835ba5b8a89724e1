"""Several queries in one round trip, where the driver can: waiting for a busy server costs more than the query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from alembic_safety.postgres.session import Session, psycopg_connection

if TYPE_CHECKING:
    import psycopg
    from psycopg.abc import Transformer

#: What turns results into values, by connection: it remembers how for each type.
_LOADERS: WeakKeyDictionary[psycopg.Connection[Any], Transformer] = WeakKeyDictionary()


def fetch_all(session: Session, statements: Sequence[str]) -> list[list[tuple[Any, ...]]]:
    """The rows of each statement (none for what returns none); the texts must hold one statement each.

    Raises the driver's own error.
    """
    connection = psycopg_connection(session)
    if connection is None:
        return [session.fetch(statement) for statement in statements]
    import psycopg.rows

    sql = "\n;\n".join(statements)
    status = connection.pgconn.transaction_status
    if status == psycopg.pq.TransactionStatus.INTRANS:
        return _sent(connection, sql)
    if status == psycopg.pq.TransactionStatus.IDLE and _begins_plainly(connection):
        return _sent(connection, f"BEGIN\n;\n{sql}")[1:]
    found = []
    with connection.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        cursor.execute(sql, prepare=False)
        while True:
            # Cheaper than to ask for the description, which is made for each column anew.
            result = cursor.pgresult
            found.append(cursor.fetchall() if result is not None and result.nfields else [])
            if not cursor.nextset():
                return found


def _begins_plainly(connection: psycopg.Connection[Any]) -> bool:
    """Whether the driver would begin a transaction before the next statement, by nothing more than BEGIN."""
    asked = (connection.isolation_level, connection.read_only, connection.deferrable)
    return not connection.autocommit and all(each is None for each in asked)


def _sent(connection: psycopg.Connection[Any], sql: str) -> list[list[tuple[Any, ...]]]:
    """What a cursor does with a text without parameters within a transaction, at less than half of its price."""
    import psycopg.generators

    with connection.lock:
        connection.pgconn.send_query(sql.encode(connection.info.encoding))
        results = connection.wait(psycopg.generators.execute(connection.pgconn))
    loader = _loader(connection)
    found: list[list[tuple[Any, ...]]] = []
    for result in results:
        if result.status == psycopg.pq.ExecStatus.TUPLES_OK:
            loader.set_pgresult(result)
            found.append(loader.load_rows(0, result.ntuples, tuple))
        elif result.status in (psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.EMPTY_QUERY):
            found.append([])
        else:
            raise psycopg.errors.error_from_result(result, encoding=connection.info.encoding)
    return found


def _loader(connection: psycopg.Connection[Any]) -> Transformer:
    import psycopg.adapt

    if connection.info.encoding != "utf-8":
        return psycopg.adapt.Transformer.from_context(connection)
    found = _LOADERS.get(connection)
    if found is None:
        # Not of the connection, which it would keep alive, and for which others may have registered types of their own.
        found = _LOADERS[connection] = psycopg.adapt.Transformer()
    return found
