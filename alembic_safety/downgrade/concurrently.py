"""Indexes dropped and built without locking out writers, where the upgrade itself took that care.

CONCURRENTLY cannot run inside of a transaction, so it is only for revisions that leave theirs anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from alembic_safety.downgrade.statement import Statement
from alembic_safety.model.snapshot import Snapshot

_PLAIN = re.compile(r"(DROP INDEX|CREATE (?:UNIQUE )?INDEX) (?!CONCURRENTLY\b)")
_CONCURRENTLY = re.compile(r"\s*((?:DROP|CREATE(?:\s+UNIQUE)?)\s+INDEX)\s+CONCURRENTLY\b", re.IGNORECASE)


def is_concurrent(sql: str) -> bool:
    """Whether a statement builds or drops an index without locking out writers."""
    return _CONCURRENTLY.match(sql) is not None


def within_transaction(sql: str) -> str:
    """The same statement in the form that can run inside of a transaction, and locks."""
    return _CONCURRENTLY.sub(r"\1", sql, count=1)


def concurrently(statements: Iterable[Statement], before: Snapshot, after: Snapshot) -> tuple[Statement, ...]:
    """The statements, with indexes of tables that writers use all the while built and dropped CONCURRENTLY."""
    return tuple(_one(statement, before, after) for statement in statements)


def _one(statement: Statement, before: Snapshot, after: Snapshot) -> Statement:
    if statement.kind != "index" or statement.action not in ("drop", "create"):
        return statement
    side, other = (after, before) if statement.action == "drop" else (before, after)
    index = side.by_identity.get(("index", statement.subject))
    table = side.objects.get(index.parent) if index is not None and index.parent is not None else None
    if index is None or table is None or table.address not in other.objects or table.props.get("partition_key"):
        return statement  # of a table that only one side has, or of a partitioned one, where the server has no such way
    sql = _PLAIN.sub(r"\1 CONCURRENTLY ", statement.sql, count=1)
    return replace(statement, sql=sql) if _PLAIN.match(statement.sql) else statement
