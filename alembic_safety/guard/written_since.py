"""Rows that others wrote into what a run made, since it was committed: a downgrade would drop them.

A row tells only who wrote it last. So before a later revision of the run (or its way back) touches what an earlier one made, it is
remembered which transactions of others have written there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_safety.guard.preflight.kept import expected_writes, kept_by
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.lock_modes import rank
from alembic_safety.postgres.session import Session
from alembic_safety.rehearsal.closure import ABSENT, entries

if TYPE_CHECKING:
    from alembic_safety.guard.transactions import Horizon
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.rehearsal.certificate import Certificate

Name = tuple[str, str]
_WRITES = rank("RowExclusiveLock")
_TABLE = "SELECT c.oid::int8 FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass({table}) AND c.relkind IN ('r', 'p')"
_COLUMN = r"""
SELECT c.oid::int8, a.attnum, pg_catalog.quote_ident(a.attname), pg_catalog.pg_get_expr(d.adbin, d.adrelid),
       a.attidentity <> '' OR a.attgenerated <> '' OR coalesce(d.adbin::text ~ '{{(NEXTVALUEEXPR|SQLVALUEFUNCTION) ', false)
       OR EXISTS (SELECT 1 FROM pg_catalog.regexp_matches(d.adbin::text, ':(?:op)?funcid (\d+) ', 'g') AS f(oid)
                  JOIN pg_catalog.pg_proc p ON p.oid = f.oid[1]::oid WHERE p.provolatile <> 'i')
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
  AND pg_catalog.format('%I.%I.%I', n.nspname, c.relname, a.attname) = {column}
"""
_NAME = """
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {oid}
"""
_SIZES = """
SELECT named.identity, coalesce((SELECT pg_catalog.sum(pg_catalog.pg_relation_size(p.relid)) FROM pg_catalog.pg_partition_tree(c.oid) p),
    pg_catalog.pg_relation_size(c.oid))::pg_catalog.int8
FROM pg_catalog.unnest({names}) AS named (identity) JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(named.identity)
"""
#: Which of these numbers of 32 bits, less than 2^31 transactions away, belong to transactions that have not ended.
_AT_WORK = """
SELECT x.xid::text FROM (SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint AS next) s,
    pg_catalog.unnest({array}) AS x(xid)
WHERE pg_catalog.pg_xact_status((s.next - ((s.next - x.xid + 2147483648) % 4294967296 - 2147483648))::text::xid8) = 'in progress'
"""
#: Rows by the transaction that wrote them last (its number of 32 bits).
Writers = dict[int, int]


@dataclass(frozen=True, slots=True)
class _Place:
    """A table, or a column of one."""

    table: str
    #: OID, and attnum or 0.
    key: tuple[int, int]
    #: Of which rows it is asked; '' for all.
    condition: str = ""


class WrittenByOthers:
    """What a run knows of the rows of others in what it made itself."""

    def __init__(self) -> None:
        #: Numbers (of 32 bits) of transactions of the run, and of savepoints in them as far as they wrote where it matters.
        self._own: set[int] = set()
        #: Those that were found since the last COMMIT of the run.
        self._fresh: set[int] = set()
        #: By column of a table that was there, those before which it was looked at. What others wrote there otherwise shows no more
        #: once one of our revisions has written their rows; to look before each of these would keep writers off a table in use.
        self._looked: dict[tuple[int, int], set[int]] = {}
        self._first: Horizon | None = None
        #: Tables that the transaction which is running touches, and columns that were looked at in it.
        self._touched: set[int] = set()
        self._columns: set[tuple[int, int]] = set()
        self._known: dict[tuple[int, int], Writers] = {}

    @property
    def has_committed(self) -> bool:
        """Whether anything of the run can have been seen by others."""
        return self._first is not None

    def committing(self, session: Session, horizon: Horizon) -> None:
        """A transaction of the run is about to commit; what is asked here is asked within it."""
        self._first = self._first or horizon
        self._add_own({horizon.xid % 2**32})
        touched, self._touched = self._touched, set()
        for oid in sorted(touched):
            for (table,) in session.fetch(_NAME.format(oid=oid)):
                # Savepoints have numbers of their own, which nothing tells once they are released.
                newer = f"pg_catalog.age(t.xmin) <= pg_catalog.age('{horizon.xid % 2**32}'::xid)"
                rows = session.fetch(f"SELECT DISTINCT t.xmin::text FROM {table} t WHERE {newer}")
                self._learn(session, {int(xid) for (xid,) in rows})
        for key in self._columns:
            self._looked.setdefault(key, set()).update(self._fresh)
        self._columns, self._fresh = set(), set()

    def remember(self, session: Session, names: Iterable[Name], *, lock: bool) -> None:
        """Look at tables and columns that are about to be touched.

        :param names: (kind, identity) of such as the run made.
        :param lock: as of ``found``.
        """
        if self._first is None:
            return
        for name in sorted(names):
            place = _place(session, name, lock=lock)
            if place is None:
                continue
            self._touched.add(place.key[0])
            if place.key[1]:
                self._columns.add(place.key)
            known = self._known.setdefault(place.key, {})
            for xid, count in self._writers(session, place, self._first).items():
                known[xid] = max(count, known.get(xid, 0))

    def found(self, session: Session, closure: Mapping[str, str], horizon: Horizon, *, lock: bool) -> list[str]:
        """Tables and columns that a revision made and others wrote to since, with how many rows; empty where there are none.

        A value that a column's default gave is nobody's: who does not know the column writes no other one. Columns whose default
        gives another value each time are passed over.

        :param closure: what the revision made; ``horizon``: when it was committed.
        :param lock: keep others from writing until the transaction ends, so that the answer stays true.
        """
        made = [name for name, was, is_ in entries(closure) if was == ABSENT and is_ != ABSENT]
        found = []
        for name in sorted(made, key=lambda one: (one[0] != "table", one[1])):
            place = _place(session, name, lock=lock)
            if place is None:
                continue
            there = self._writers(session, place, horizon)
            rewritten = {
                x: n for x, n in self._known.get(place.key, {}).items() if x not in there and horizon.precedes(x)
            }
            count = sum(there.values()) + sum(rewritten.values())
            if count:
                found.append(f"{count} row{'s' if count > 1 else ''} in {name[1]}")
        return found

    def _writers(self, session: Session, place: _Place, horizon: Horizon) -> Writers:
        condition = horizon.written_since("t") + (f" AND {place.condition}" if place.condition else "")
        rows = session.fetch(
            f"SELECT t.xmin::text, pg_catalog.count(*) FROM {place.table} t WHERE {condition} GROUP BY t.xmin::text"
        )
        found = {int(xid): int(count) for xid, count in rows}
        self._learn(session, found.keys())
        own = self._looked.get(place.key, set()) if place.key[1] else self._own
        if place.key in self._columns:
            own = own | self._fresh
        return {xid: count for xid, count in found.items() if xid not in own}

    def _learn(self, session: Session, xids: AbstractSet[int]) -> None:
        """Of transactions whose rows are seen, those at work can only be our own."""
        unknown = sorted(xids - self._own)
        if unknown:
            array = "'{" + ",".join(map(str, unknown)) + "}'::bigint[]"
            self._add_own({int(xid) for (xid,) in session.fetch(_AT_WORK.format(array=array))})

    def _add_own(self, xids: AbstractSet[int]) -> None:
        self._own |= xids
        self._fresh |= xids


def touched_of_own(certificate: Certificate | None, first: Snapshot, now: Snapshot) -> set[Name]:
    """Tables that a run made and that its next step writes to or alters, going up or back, and columns that it made in other tables.

    :param first: as it was before the run; ``now``: before the step.
    """
    if certificate is None:
        return set()
    names: set[str] = set()
    for proof in certificate.proofs.values():
        names.update(name[1] for name, was, is_ in entries(proof.closure or {}) if was != is_)
        for activity in proof.activity or ():
            names.update(relation for relation, mode in activity.locks.items() if rank(mode) >= _WRITES)
    touched: set[Name] = set()
    for identity in names:
        table = now.by_identity.get(("table", identity))
        if table is None:
            continue
        if table.address not in first.objects:
            touched.add((table.kind, table.identity))
        else:
            touched |= {
                (column.kind, column.identity)
                for column in now.children.get(table.address, ())
                if column.kind == "column" and column.address not in first.objects
            }
    return touched


def kept_from_writers(certificate: Certificate | None, source: str) -> set[str]:
    """Tables that an upgrade keeps writers off before it writes their rows: they are captured by triggers, get a column or are rewritten.

    :param source: of the revision.
    """
    found = {table for name, table, _ in kept_by(source) if name != "preserve_columns"} | set(expected_writes(source))
    for proof in certificate.proofs.values() if certificate is not None else ():
        found.update(relation for activity in proof.activity or () for relation in activity.rewrites)
    return found


def small_tables(session: Session, names: Iterable[str], limit: int | None) -> list[str]:
    """Those of these tables that are there and soon read: under ``limit`` bytes; None is any size."""
    listed = "ARRAY[" + ", ".join(map(quote_literal, sorted(names))) + "]::text[]"
    rows = session.fetch(_SIZES.format(names=listed)) if names else []
    return [str(name) for name, size in rows if limit is None or int(size) < limit]


def _place(session: Session, name: Name, *, lock: bool) -> _Place | None:
    """Where to look; None where there is no such table or column, or its values are nobody's."""
    kind, identity = name
    if kind == "table":
        rows: Collection[tuple[object, ...]] = session.fetch(_TABLE.format(table=quote_literal(identity)))
        place = next((_Place(identity, (int(str(row[0])), 0)) for row in rows), None)
    elif kind == "column":
        place = _column(session, identity)
    else:
        return None
    if place is not None and lock:
        session.execute(f"LOCK TABLE {place.table} IN SHARE ROW EXCLUSIVE MODE")
    return place


def _column(session: Session, identity: str) -> _Place | None:
    rows = session.fetch(_COLUMN.format(column=quote_literal(identity)))
    if not rows:
        return None
    oid, attnum, name, default, is_computed = rows[0]
    if is_computed:
        return None
    table = identity.removesuffix(f".{name}")
    return _Place(table, (int(oid), int(attnum)), f"t.{name} IS DISTINCT FROM {default or 'NULL'}")
