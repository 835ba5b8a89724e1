"""Several queries in one round trip, where the driver can: waiting for a busy server costs more than the query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_safety.postgres.session import Session, psycopg_connection


def fetch_all(session: Session, statements: Sequence[str]) -> list[list[tuple[Any, ...]]]:
    """The rows of each statement (none for what returns none); the texts must hold one statement each.

    Raises the driver's own error.
    """
    connection = psycopg_connection(session)
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
