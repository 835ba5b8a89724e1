"""Orphans: rows that refer to a row which is not there, for every foreign key.

A key that is valid may hold orphans all the same (``session_replication_role``, ``DISABLE TRIGGER ALL``, a trigger that
swallows a cascade), and ``VALIDATE CONSTRAINT`` of a valid key looks at no row. So every key is joined.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from alembic_safety.integrity.attempt import Failure, attempt
from alembic_safety.integrity.foreign_key import ForeignKey, read_foreign_keys, suspicion
from alembic_safety.integrity.join_plan import LARGE_ROWS, count_orphans
from alembic_safety.integrity.key_list import LISTABLE
from alembic_safety.integrity.key_map import FUSABLE
from alembic_safety.integrity.records import Record
from alembic_safety.integrity.relation import SECONDS_PER_TABLE, pages, rows
from alembic_safety.integrity.scope import Scope, columns_readable
from alembic_safety.integrity.work import (
    BATCH_SECONDS,
    Check,
    Item,
    Task,
    batches,
    described,
    failure_finding,
    together,
)
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

NAME = "foreign-keys"
EXAMPLES = 5
#: What a key costs within the pass over its table, of what it would cost as a join.
_BY_MAP = 0.2
_BY_LIST = 0.6
_SECONDS_PER_CHILD_ROW = 4e-7
_SECONDS_PER_PARENT_ROW = 2e-7
_SECONDS_PER_PAGE = 4e-6

#: Keys that are likely to be checked within the pass over their table.
_WITHIN = f"child.readable AND ({FUSABLE} OR {LISTABLE})"
_LIST = """
SELECT con.oid, child.identity || '.' || quote_ident(con.conname), {child_rows}, {child_pages},
       greatest(parent.reltuples, 0)::float8, child.oid
FROM scope child
JOIN pg_catalog.pg_constraint con ON con.conrelid = child.oid AND con.contype = 'f'
    -- a partition's copy only where the partitioned table itself is out of scope
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint up JOIN scope above ON above.oid = up.conrelid
                    WHERE up.oid = con.conparentid)
JOIN pg_catalog.pg_class parent ON parent.oid = con.confrelid
WHERE {readable} AND child.relkind IN ('r', 'p') AND ({suspect} OR {suspicion} IS NOT NULL) AND {kind}
"""


def plan(session: Session, scope: Scope) -> Iterator[Task]:
    """A task for each large key, and one for each batch of small ones; not for keys that the pass over their table checks."""
    items = list(joined_items(session, scope))
    definitions = Definitions(scope, [item.oid for item in items if item.seconds > BATCH_SECONDS])
    for batch in batches(items):
        subject = batch[0].name if len(batch) == 1 else f"{len(batch)} foreign keys"
        seconds = sum(item.seconds for item in batch)
        yield Task(NAME, subject, seconds, partial(_run, definitions, batch), parallel=True)
    if not scope.options.wants("rows"):
        from alembic_safety.integrity.checks.table_scan import plan_keys  # which finds its keys here

        yield from plan_keys(session, scope)


def joined_items(session: Session, scope: Scope) -> Iterator[Item]:
    """The keys that are joined, whatever else is read of their table."""
    for item, _ in _keys(session, scope, f"({_WITHIN}) IS NOT TRUE" if fuses(scope) else "true"):
        yield item


def fuses(scope: Scope) -> bool:
    """Whether keys are checked within the pass over their table where they can be."""
    return not scope.options.suspects_only and scope.options.wants(NAME)


def fused_keys(session: Session, scope: Scope) -> dict[int, list[Item]]:
    """The keys to be checked within the pass over their table, by the table's OID."""
    found: dict[int, list[Item]] = {}
    if fuses(scope):
        for kind, share in ((FUSABLE, _BY_MAP), (f"({FUSABLE}) IS NOT TRUE AND {LISTABLE}", _BY_LIST)):
            for item, child in _keys(session, scope, f"child.readable AND {kind}"):
                found.setdefault(child, []).append(replace(item, seconds=item.seconds * share))
    return found


def _keys(session: Session, scope: Scope, kind: str) -> Iterator[tuple[Item, int]]:
    sql = _LIST.format(
        child_rows=rows("child"),
        child_pages=pages("child"),
        suspect="false" if scope.options.suspects_only else "true",
        suspicion=suspicion(scope),
        kind=kind,
        readable=columns_readable("child", "con.conkey"),
    )
    for oid, name, child_rows, child_pages, parent_rows, child in session.fetch(scope.query(sql)):
        # Few children probe a large parent by its index.
        parent_seconds = min(parent_rows, child_rows * 10) * _SECONDS_PER_PARENT_ROW
        seconds = (
            SECONDS_PER_TABLE + child_rows * _SECONDS_PER_CHILD_ROW + child_pages * _SECONDS_PER_PAGE + parent_seconds
        )
        yield Item(oid, name, seconds), child


CHECK = Check(NAME, "rows that refer to nothing, under every foreign key", plan)


class Definitions:
    """The foreign keys of a run: the large ones are read all at once by whichever task comes first, for that query costs milliseconds."""

    def __init__(self, scope: Scope, large: Sequence[int]) -> None:
        self._scope = scope
        self._large = large
        self._known: dict[int, ForeignKey] | None = None
        self._lock = threading.Lock()

    def read(self, session: Session, oids: Sequence[int]) -> list[ForeignKey]:
        """The keys of these OIDs that are still there; raises the driver's error."""
        with self._lock:
            if self._known is None:
                # Where one can't be read, each is asked for by itself.
                outcome = attempt(session, lambda: list(read_foreign_keys(session, self._scope, self._large)))
                self._known = {} if isinstance(outcome, Failure) else {key.oid: key for key in outcome.value}
        others = [oid for oid in oids if oid not in self._known]
        known = [self._known[oid] for oid in oids if oid in self._known]
        return known + (list(read_foreign_keys(session, self._scope, others)) if others else [])


def _run(definitions: Definitions, items: Sequence[Item], session: Session) -> Iterator[Record]:
    keys, unread = described(session, items, "constraint", lambda oids: definitions.read(session, oids))
    yield from unread
    yield from find_orphans(session, keys)


def find_orphans(session: Session, keys: Sequence[ForeignKey]) -> Iterator[Record]:
    """A finding for each key that has orphans, and for each that couldn't be read."""
    small = [key for key in keys if key.child_side.rows < LARGE_ROWS]

    def done(key: ForeignKey, values: tuple[object, ...]) -> Iterable[Record]:
        return orphan_finding(session, key, int(str(values[0])))

    yield from together(session, small, _read, done, failed)
    for key in keys:
        if key.child_side.rows >= LARGE_ROWS:
            outcome = attempt(session, partial(count_orphans, session, key))
            if isinstance(outcome, Failure):
                yield from failed(key, outcome)
            else:
                yield from orphan_finding(session, key, outcome.value)


def _read(session: Session, keys: Sequence[ForeignKey]) -> list[tuple[Any, ...]]:
    return session.fetch(" UNION ALL ".join(f"SELECT {position}, ({key.count()})" for position, key in enumerate(keys)))


def failed(key: ForeignKey, failure: Failure) -> Iterable[Record]:
    """What a key that couldn't be read gives."""
    return (failure_finding(failure, key.identity, "", "constraint"),)


def orphan_finding(session: Session, key: ForeignKey, count: int, extra: str = "") -> Iterator[Record]:
    """The finding for a key with ``count`` orphans (none for 0); ``extra`` narrows the rows, as ``AND …``."""
    if not count:
        return
    if not key.full:
        # A NULL that slipped into a NOT NULL column is no orphan, though the planner may count it as one.
        exact = attempt(session, lambda: int(session.fetch(key.count(extra, exact=True))[0][0]))
        count = count if isinstance(exact, Failure) else exact.value
        if not count:
            return
    shown = attempt(session, lambda: session.fetch(key.examples(EXAMPLES, extra)))
    note = "" if key.enforced and key.validated else " (NOT VALID)" if key.enforced else " (NOT ENFORCED)"
    yield Finding(
        code="orphan-rows",
        severity=Severity.ERROR if key.enforced else Severity.WARNING,
        message=f"{'1 row' if count == 1 else f'{count} rows'} of {key.child.identity} refer{'s' if count == 1 else ''} by "
        f"{', '.join(key.columns)} to no row of {key.parent.identity}: foreign key {key.name}{note}",
        kind="constraint",
        subject=key.identity,
        count=count,
        examples=() if isinstance(shown, Failure) else tuple(row[0] for row in shown.value),
        query=key.listing(),
        remedy=f"Add the missing rows of {key.parent.identity}, or delete these"
        + ("" if key.validated else f"; then ALTER TABLE {key.child.identity} VALIDATE CONSTRAINT {key.name}"),
    )
