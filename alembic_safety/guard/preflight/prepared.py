"""Prepared transactions, which hold their locks until somebody ends them, also over a restart of the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_safety.guard.preflight.records import Line
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.lock_modes import conflict

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Target

#: Seconds after which nobody is about to end one.
_FORGOTTEN = 300
#: A prepared transaction keeps the virtual one of its session, and -1/… only after a restart: its own xid leads to both.
_QUERY = """
SELECT p.gid, p.owner, EXTRACT(epoch FROM pg_catalog.clock_timestamp() - p.prepared)::pg_catalog.int8,
       l.relation::pg_catalog.int8, l.mode
FROM pg_catalog.pg_prepared_xacts p
LEFT JOIN pg_catalog.pg_locks x ON x.locktype = 'transactionid' AND x.transactionid = p.transaction AND x.pid IS NULL
LEFT JOIN pg_catalog.pg_locks l
  ON l.virtualtransaction = x.virtualtransaction AND l.pid IS NULL AND l.locktype = 'relation' AND l.granted
WHERE p.database = pg_catalog.current_database()
"""


def look(target: Target) -> Iterator[Line]:
    """Those whose locks are in the way; where an index is built CONCURRENTLY, all of them are."""
    wanted = {relation.oid: name for name, relation in target.relations(target.locks).items()}
    concurrently = any(not a.in_transaction for p in target.pending for a in p.activity or ())
    held: dict[tuple[str, str, int], set[str]] = {}
    for gid, owner, age, oid, mode in target.session.fetch(_QUERY):
        tables = held.setdefault((str(gid), str(owner), int(age)), set())
        name = wanted.get(int(oid)) if oid is not None else None
        if name is not None and conflict(target.locks[name], str(mode)):
            tables.add(name)
    for (gid, owner, age), tables in sorted(held.items()):
        if not tables and not concurrently:
            continue
        what = f"holds a lock on {', '.join(sorted(tables))}" if tables else "keeps CONCURRENTLY waiting"
        yield Line(
            text=f"prepared transaction {gid!r} of {owner}, prepared {age} s ago, {what}",
            remedy=f"COMMIT PREPARED {quote_literal(gid)} or ROLLBACK PREPARED {quote_literal(gid)}",
            sure=age > _FORGOTTEN,
        )
