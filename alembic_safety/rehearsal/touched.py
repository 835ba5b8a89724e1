"""Which of the tables that were there a migration touched, seen from the locks that it still holds.

A statement that writes rows takes its lock whether there is a row or not, in a function or a DO block as well. So an UPDATE
is seen on an empty table too, where counters of rows see nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.postgres.session import Session

#: OID of a table to the file that holds its rows.
Files = Mapping[int, int]

_FILES = """
SELECT oid::pg_catalog.int8, pg_catalog.pg_relation_filenode(oid)::pg_catalog.int8 FROM pg_catalog.pg_class
WHERE relkind = 'r' AND relpersistence <> 't' AND oid >= 16384
"""
_LOCKS = """
SELECT relation::pg_catalog.int8, pg_catalog.bool_or(mode = 'RowExclusiveLock')
FROM pg_catalog.pg_locks
WHERE locktype = 'relation' AND pid = pg_catalog.pg_backend_pid() AND granted AND relation >= 16384
  AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
GROUP BY relation
"""


@dataclass(frozen=True, kw_only=True)
class Touched:
    """What a migration did to tables that were there before it, by identity, as far as locks and files tell."""

    #: Locked in any way: read, written, altered or dropped.
    used: frozenset[str] = frozenset()
    #: Locked as a writer of rows locks (a function in SQL that would write them is analyzed under the same lock).
    written: frozenset[str] = frozenset()
    #: Their rows are in another file than before: truncated or rewritten.
    refiled: frozenset[str] = frozenset()

    @property
    def suspects(self) -> frozenset[str]:
        """Tables that the migration may have written to."""
        return self.written | self.refiled


def files_of(session: Session) -> dict[int, int]:
    """Where the rows of each table lie now."""
    return {int(oid): int(node) for oid, node in session.fetch(_FILES) if node is not None}


def touched(session: Session, before: Snapshot, files: Files) -> Touched:
    """What this transaction touched; call it before anything else reads the tables.

    :param before: the catalog at the start of the transaction.
    :param files: ``files_of`` at the start of the transaction.
    """
    known = {address.oid: obj.identity for address, obj in before.objects.items() if obj.kind == "table"}
    locks = [(int(oid), bool(writes)) for oid, writes in session.fetch(_LOCKS) if int(oid) in known]
    now = files_of(session)
    moved = {oid for oid, node in now.items() if oid in files and oid in known and files[oid] != node}
    return Touched(
        used=frozenset(known[oid] for oid, _ in locks),
        written=frozenset(known[oid] for oid, writes in locks if writes),
        refiled=frozenset(known[oid] for oid in moved),
    )
