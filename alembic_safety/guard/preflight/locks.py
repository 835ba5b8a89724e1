"""Transactions that hold what the migration needs, or that CREATE INDEX CONCURRENTLY would wait for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_safety.guard.preflight.records import Line
from alembic_safety.postgres.lock_modes import conflict

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Target

#: Seconds from which a transaction is long; a shorter one is gone before the migration has waited for it.
_LONG = 2.0
#: … for one that only keeps CONCURRENTLY waiting, which blocks nobody meanwhile.
_LONG_FOR_CONCURRENTLY = 60.0
_SHOWN = 10
_PAUSE = 0.3
_COLUMNS = """
a.pid, a.application_name, a.usename, a.state, a.backend_type,
pg_catalog.left(pg_catalog.regexp_replace(a.query, '\\s+', ' ', 'g'), 120),
EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::pg_catalog.float8
"""
_HOLDERS = f"""
SELECT {_COLUMNS}, l.virtualtransaction, l.relation::pg_catalog.int8, l.mode
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_catalog.pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND l.relation IN ({{oids}})
"""
_OLD = f"""
SELECT {_COLUMNS} FROM pg_catalog.pg_stat_activity a
WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
  AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
  AND pg_catalog.clock_timestamp() - a.xact_start > interval '{_LONG_FOR_CONCURRENTLY} s'
"""


@dataclass(frozen=True)
class _Holder:
    pid: int
    application: str | None
    user: str | None
    state: str | None
    backend: str | None
    query: str | None
    #: Seconds of its transaction; None where the role may not see it.
    age: float | None

    @property
    def words(self) -> str:
        parts = [f"process {self.pid}"]
        parts += [f"application {self.application!r}"] if self.application else []
        parts += [f"user {self.user}"] if self.user else []
        parts += [self.backend] if self.backend and self.backend != "client backend" else []
        parts += [f"in a transaction for {_age(self.age)}"] if self.age is not None else []
        parts += [self.state] if self.state else []
        parts += [f"query: {self.query}"] if self.query and "insufficient privilege" not in self.query else []
        return ", ".join(parts)


def look(target: Target) -> Iterator[Line]:
    """Who holds a lock that conflicts with one that will be taken, for longer than the migration waits."""
    relations = target.relations(target.locks)
    if relations:
        names = {relation.oid: name for name, relation in relations.items()}
        first = _holders(target, names)
        if any(holder.age is None for holder, _ in first.values()):
            time.sleep(_PAUSE)
            again = _holders(target, names)
            first = {key: value for key, value in first.items() if value[0].age is not None or key in again}
        yield from _told(first)
    if any(not a.in_transaction for p in target.pending for a in p.activity or ()):
        for row in target.session.fetch(_OLD)[:_SHOWN]:
            holder = _Holder(*row)
            yield Line(
                text=f"CREATE INDEX CONCURRENTLY will wait for a transaction: {holder.words}",
                remedy=f"let it end, or SELECT pg_terminate_backend({holder.pid})",
            )


def _holders(target: Target, names: dict[int, str]) -> dict[Any, tuple[_Holder, set[str]]]:
    """By virtual transaction: who, and which tables are concerned."""
    found: dict[Any, tuple[_Holder, set[str]]] = {}
    for *columns, transaction, oid, mode in target.session.fetch(_HOLDERS.format(oids=", ".join(map(str, names)))):
        holder = _Holder(*columns)
        name = names[int(oid)]
        if (holder.age is not None and holder.age < _LONG) or not conflict(target.locks[name], str(mode)):
            continue
        found.setdefault((holder.pid, transaction), (holder, set()))[1].add(f"{name} ({mode})")
    return found


def _told(found: dict[Any, tuple[_Holder, set[str]]]) -> Iterator[Line]:
    longest = sorted(found.values(), key=lambda item: -(item[0].age or 0.0))
    for holder, tables in longest[:_SHOWN]:
        yield Line(
            text=f"{', '.join(sorted(tables))} is held by {holder.words}",
            remedy=f"let it end, or SELECT pg_terminate_backend({holder.pid})",
        )
    if len(longest) > _SHOWN:
        yield Line(text=f"{len(longest) - _SHOWN} more transactions hold locks on these tables")


def _age(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.1f} h"
    )
