"""Which of the tables that were there a migration touched, seen from the locks that it still holds.

A statement that writes rows takes its lock whether there is a row or not, in a function or a DO block as well. So an UPDATE
is seen on an empty table too, where counters of rows see nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from alembic_safety.downgrade.keeps import columns_of_type
from alembic_safety.model.catalog import Address
from alembic_safety.postgres.catalog import Call, kept_rows

if TYPE_CHECKING:
    from alembic_safety.model.catalog import CatalogObject
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.postgres.catalog import Exclusions
    from alembic_safety.postgres.session import Session
    from alembic_safety.rehearsal.rows.sequences import Positions

#: What sets a sequence to a position.
_SETS = re.compile(r"\b(?:RESTART|setval)\b", re.IGNORECASE)
#: OID of a table to the file that holds its rows.
Files = Mapping[int, int]

_FILES = """
SELECT oid::pg_catalog.int8, pg_catalog.pg_relation_filenode(oid)::pg_catalog.int8 FROM pg_catalog.pg_class
WHERE relkind IN ('r', 'S') AND relpersistence <> 't' AND oid >= 16384
"""
_LOCKS = Call(
    "touched",
    "",
    """
SELECT l.relation::pg_catalog.int8, l.writes, c.relkind = 'S', NULLIF(c.relfilenode, 0)::pg_catalog.int8,
  c.relnamespace::pg_catalog.regnamespace::pg_catalog.text,
  CASE WHEN c.relkind = 'r' AND c.relpersistence <> 't' AND pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) > 0
       THEN c.relname::pg_catalog.text END,
  c.relkind = 'r' AND pg_catalog.pg_relation_size(c.oid) > 0
FROM (
  SELECT relation, pg_catalog.bool_or(mode = 'RowExclusiveLock') AS writes FROM pg_catalog.pg_lock_status()
  WHERE locktype = 'relation' AND pid = pg_catalog.pg_backend_pid() AND granted AND relation >= 16384
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  GROUP BY relation
) l LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation
""",
)


@dataclass(frozen=True, kw_only=True)
class Touched:
    """What a migration did to tables that were there before it, by identity, as far as locks and files tell."""

    #: Locked in any way: read, written, altered or dropped.
    used: frozenset[str] = frozenset()
    #: Locked as a writer of rows locks (a function in SQL that would write them is analyzed under the same lock).
    written: frozenset[str] = frozenset()
    #: Their rows are in another file than before: truncated or rewritten.
    refiled: frozenset[str] = frozenset()
    #: It put rows into a table that is new.
    filled: bool = False
    #: Every relation that is locked, dropped ones too, with the file that holds its rows now, if there is one.
    locked: Mapping[int, int | None] = field(default_factory=dict, compare=False, repr=False)
    #: The tables among them whose file is not empty, so that they may hold rows.
    sized: frozenset[int] = field(default=frozenset(), compare=False, repr=False)
    #: The sequences among them.
    sequences: frozenset[int] = field(default=frozenset(), compare=False, repr=False)
    #: Sequences among them in another file than before, and such as are locked as ``nextval`` and ``setval`` do.
    rewritten: frozenset[int] = field(default=frozenset(), compare=False, repr=False)
    advanced: frozenset[int] = field(default=frozenset(), compare=False, repr=False)
    #: Sequences that were there, by identity, that are gone, or that it may have set to a position (see ``with_positions``).
    moved: frozenset[str] = frozenset()

    @property
    def used_or_filled(self) -> bool:
        """Whether there is anything to try on rows."""
        return bool(self.used) or self.filled

    @property
    def suspects(self) -> frozenset[str]:
        """Tables that the migration may have written to."""
        return self.written | self.refiled


def files_of(session: Session) -> dict[int, int]:
    """Where the rows of each table lie now, and the position of each sequence."""
    return {int(oid): int(node) for oid, node in session.fetch(_FILES) if node is not None}


def touched(
    session: Session, before: Snapshot, files: Files, leaving_out: Exclusions, kept: set[str] | None = None
) -> Touched:
    """What this transaction touched; call it before anything else reads the tables.

    :param before: the catalog at the start of the transaction.
    :param leaving_out: what does not count (the version table).
    :param files: ``files_of`` at the start of the transaction. A table that gets another file is locked, so only locked ones are looked at.
    :param kept: the statements that the session keeps for us, if it is to keep this one.
    """
    locks = [(int(oid), *others) for oid, *others in kept_rows(session, _LOCKS, kept)]
    used, written, refiled, filled = set(), set(), set(), False
    for oid, writes, _, node, schema, name, _ in locks:
        table = before.objects.get(Address("pg_class", oid))
        if name is not None and table is None:
            # Of a table that is new the counts hold nothing of earlier transactions.
            filled = filled or not leaving_out.leaves_out(str(schema), str(name))
        if table is None or table.kind != "table":
            continue
        used.add(table.identity)
        if writes:
            written.add(table.identity)
        if node is not None and oid in files and files[oid] != int(node):
            refiled.add(table.identity)
    return Touched(
        used=frozenset(used),
        written=frozenset(written),
        refiled=frozenset(refiled),
        locked={oid: None if node is None else int(node) for oid, _, _, node, *_ in locks},
        sequences=frozenset(oid for oid, _, is_sequence, *_ in locks if is_sequence),
        rewritten=frozenset(
            oid for oid, _, is_sequence, node, *_ in locks if is_sequence and oid in files and files[oid] != int(node)
        ),
        advanced=frozenset(oid for oid, writes, is_sequence, *_ in locks if is_sequence and writes),
        sized=frozenset(oid for oid, *_, is_sized in locks if is_sized),
        filled=filled,
    )


def with_holders(touched: Touched, before: Snapshot, after: Snapshot) -> Touched:
    """With the tables that hold values of a composite type whose attributes changed: nothing locks those."""
    parents: set[Address | None] = set()
    for address in before.apart_from(after) | after.apart_from(before):
        was, is_ = before.objects.get(address), after.objects.get(address)
        if was != is_:
            parents.update(side.parent for side in (was, is_) if side is not None and side.kind == "attribute")
    types = [before.objects[parent] for parent in parents if parent is not None and parent in before.objects]
    holders = {table.identity for one in types for table, _ in columns_of_type(before, one)}
    return replace(touched, used=touched.used | holders) if holders else touched


def with_positions(
    touched: Touched,
    before: Snapshot,
    after: Snapshot,
    was: Positions,
    now: Positions,
    statements: Iterable[str],
) -> Touched:
    """With the sequences whose positions may be lost.

    A rehearsal begins with sequences that were hardly used, so that what goes back is seldom seen to. RESTART puts a sequence into
    another file, as other options do; ``setval`` takes the same lock as ``nextval``, which is told from it by the rows that it was for.

    :param was: where sequences stood before the upgrade; ``now``: after it.
    :param statements: what the upgrade sent to tables.
    """
    wrote = bool(touched.suspects or touched.filled)
    sets = any(_SETS.search(statement) for statement in statements)
    moved = set()
    for oid in touched.locked:
        if not is_sequence(before, oid):
            continue
        sequence = before.objects[Address("pg_class", oid)]
        if (
            (is_ := after.objects.get(sequence.address)) is None
            or (oid in touched.sequences and (sets or (oid in touched.advanced and not wrote)))
            or (
                oid in touched.rewritten
                and is_.props["persistence"] == sequence.props["persistence"]
                and not _is_retyped(sequence, is_, before, after)
            )
            or _is_behind(was.get(oid), now.get(oid), int(sequence.props["increment"]))
        ):
            moved.add(sequence.identity)
    return replace(touched, moved=frozenset(moved)) if moved else touched


def is_sequence(snapshot: Snapshot, oid: int) -> bool:
    """Whether a relation is a sequence of the snapshot's."""
    found = snapshot.objects.get(Address("pg_class", oid))
    return found is not None and found.kind == "sequence"


def _is_retyped(sequence: CatalogObject, is_: CatalogObject, before: Snapshot, after: Snapshot) -> bool:
    """Whether it only followed its column, which got another type."""
    name = ("column", str(sequence.props["owned_by"]))
    column = before.by_identity.get(name)
    return (
        is_.props["data_type"] != sequence.props["data_type"]
        and column is not None
        and (now := after.objects.get(column.address)) is not None
        and now.props["type"] != column.props["type"]
    )


def _is_behind(was: tuple[int | None, int] | None, now: tuple[int | None, int] | None, step: int) -> bool:
    if was is None or now is None or was[0] is None:
        return False
    return now[0] is None or (was[0] - now[0]) * step > 0


def may_have_held_rows(touched: Touched, before: Snapshot, after: Snapshot) -> bool:
    """Whether a table that was touched may have held rows: it was written to, it is gone, or its file is not empty now."""
    if touched.suspects or touched.filled:
        return True
    addresses = [Address("pg_class", oid) for oid in touched.locked]
    were = [address for address in addresses if address in before.objects and before.objects[address].kind == "table"]
    if any(address not in after.objects or address.oid in touched.sized for address in were):
        return True
    # What is named and not locked was found by the type of a column.
    return not touched.used <= {before.objects[address].identity for address in were}
