"""One database with planted faults, and what the cases share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

Expected = tuple[str, str, "int | None", "tuple[str, ...] | None"]
Connect = Callable[[], "psycopg.Connection[Any]"]

REPLICA = "SET session_replication_role = replica;"
ORIGIN = "SET session_replication_role = origin;"


@dataclass(frozen=True)
class Case:
    name: str
    sql: str
    expected: tuple[Expected, ...]
    #: From this major version on.
    since: int = 14
    #: What SQL in one string can't plant: called with autocommit connections' maker, after ``sql``.
    then: Callable[[Connect, str], None] | None = None
    #: SQL that must give a row, else the server can't hold the case.
    needs: str | None = None


def vacuum(connect: Connect, *tables: str) -> None:
    """Statistics and a fresh visibility map: what the plans for large keys ask for."""
    with connect() as connection:
        for table in tables:
            connection.execute(f"VACUUM ANALYZE {table}")
