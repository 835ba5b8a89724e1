"""NULLs, CHECKs, domains, partition bounds and the row count of a table, by one aggregate over one scan.

The clean case costs two aggregates: ``count(*)``, and a count of rows that violate anything. Only a table with such a
row is read again, condition by condition. A condition stands in FILTER, and NULLs are counted by ``num_nulls()``: from
PostgreSQL 17 on, ``WHERE c IS NULL`` on a NOT NULL column is folded to false and checks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from alembic_safety.integrity.attempt import CORRUPTED, NOT_NOW, PERMISSION_DENIED, Failure, attempt
from alembic_safety.integrity.checks.foreign_keys import find_orphans, fused_keys, orphan_finding
from alembic_safety.integrity.conditions import Condition, nulls, read_conditions
from alembic_safety.integrity.foreign_key import read_foreign_keys
from alembic_safety.integrity.join_plan import few_probes
from alembic_safety.integrity.key_list import KeyList, fetch_with_lists, key_lists
from alembic_safety.integrity.key_map import KeyMap, key_maps
from alembic_safety.integrity.options import Counts
from alembic_safety.integrity.records import Record, RowCount
from alembic_safety.integrity.relation import (
    SECONDS_PER_PAGE,
    SECONDS_PER_ROW,
    SECONDS_PER_TABLE,
    Relation,
    example,
    pages,
    primary_key,
    rows,
)
from alembic_safety.integrity.scope import Scope, oid_array
from alembic_safety.integrity.work import Check, Item, Task, batches, described, failure_finding, together
from alembic_safety.model.finding import Finding
from alembic_safety.postgres.session import Session

NAME = "rows"
#: What a key within the pass costs for each row, as a share of reading one.
_OF_A_ROW = 0.5
#: A function takes at most 100 arguments.
_MOST_ARGUMENTS = 90
#: What violates a condition is shown by this many rows.
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class ScannedTable:
    """A table with its conditions, those of its foreign keys among them where they are checked in the same scan."""

    relation: Relation
    conditions: tuple[Condition, ...]
    #: Common table expressions that conditions refer to.
    definitions: tuple[str, ...] = ()
    #: Lists of keys that conditions refer to.
    lists: tuple[KeyList, ...] = ()
    #: Whether its rows are to be counted as well.
    counted: bool = True
    #: Whether some of its columns can't be read: then what can't be evaluated is no news.
    partly: bool = False


def plan(session: Session, scope: Scope) -> Iterator[Task]:
    """A task for each large table, and one for each batch of small ones."""
    fused = fused_keys(session, scope)
    for batch in batches(_tables(session, scope)):
        keys = [key for item in batch for key in fused.get(item.oid, ())]
        subject = batch[0].name if len(batch) == 1 else f"{len(batch)} tables"
        if keys:
            subject += f" with {len(keys)} foreign key{'' if len(keys) == 1 else 's'}"
        seconds = sum(item.seconds for item in batch) + sum(key.seconds for key in keys)
        yield Task(NAME, subject, seconds, partial(_run, scope, batch, keys), parallel=True)


def plan_keys(session: Session, scope: Scope) -> Iterator[Task]:
    """Only the foreign keys that a pass over their table can check, where nothing else is wanted of that pass."""
    fused = fused_keys(session, scope)
    for table in _tables(session, scope):
        if table.oid in fused:
            keys = fused[table.oid]
            seconds = table.seconds + sum(key.seconds for key in keys)
            run = partial(_run, scope, (table,), keys, keys_only=True)
            yield Task("foreign-keys", table.name, seconds, run, parallel=True)


CHECK = Check(NAME, "rows counted; NULLs, CHECK and domain violators, rows outside their partition", plan)


def _tables(session: Session, scope: Scope) -> Iterator[Item]:
    for oid, name, page_count, row_count in session.fetch(
        scope.query(
            f"SELECT oid, identity, {pages('scope')}, {rows('scope')} FROM scope WHERE relkind IN ('r', 'm') AND (readable OR partly) AND relispopulated"
        )
    ):
        seconds = SECONDS_PER_TABLE + page_count * SECONDS_PER_PAGE + row_count * SECONDS_PER_ROW
        yield Item(oid, name, seconds)


def _run(
    scope: Scope, items: Sequence[Item], fused: Sequence[Item], session: Session, *, keys_only: bool = False
) -> Iterator[Record]:
    tables, unread = described(session, items, "table", lambda oids: read_tables(session, scope, oids))
    yield from unread
    if keys_only:
        tables = [replace(table, conditions=(), counted=False) for table in tables]
    if fused:
        keys, unread = described(
            session, fused, "constraint", lambda oids: list(read_foreign_keys(session, scope, oids))
        )
        yield from unread
        # Even within the pass a row costs something; few probes of an index don't look at rows at all.
        probed = [key for key in keys if few_probes(key, of_rows=_OF_A_ROW)]
        maps, others = key_maps(session, [key for key in keys if key not in probed])
        lists, joined = key_lists(others)
        tables = [_with_keys(table, maps, lists) for table in tables]
        yield from find_orphans(session, [*probed, *joined])
    yield from scan(session, scope, [table for table in tables if table.counted or table.conditions])


def _with_keys(table: ScannedTable, maps: Sequence[KeyMap], lists: Sequence[KeyList]) -> ScannedTable:
    oid = table.relation.oid
    maps = [m for m in maps if m.key.child.oid == oid]
    lists = [one for one in lists if one.key.child.oid == oid]
    tests = [(m.violated, m.key) for m in maps] + [(one.violated, one.key) for one in lists]
    conditions = tuple(Condition(sql, "orphan-rows", "constraint", key.identity, "", key=key) for sql, key in tests)
    definitions = tuple(m.definition for m in maps if m.definition)
    return replace(table, conditions=table.conditions + conditions, definitions=definitions, lists=tuple(lists))


def _without_keys(table: ScannedTable) -> ScannedTable:
    return replace(table, conditions=tuple(c for c in table.conditions if c.key is None), definitions=(), lists=())


def read_tables(session: Session, scope: Scope, oids: Sequence[int]) -> list[ScannedTable]:
    """The tables of these OIDs with all their conditions."""
    scope = scope.limited(oids)
    found = {
        row[0]: (Relation(row[0], row[1], row[2], tuple(row[3])), row[4])
        for row in session.fetch(
            scope.query(f"SELECT oid, identity, relkind::text, {primary_key('scope.oid')}, partly FROM scope")
        )
    }
    conditions = read_conditions(session, scope, {oid: relation for oid, (relation, _) in found.items()})
    return [ScannedTable(relation, tuple(conditions[oid]), partly=partly) for oid, (relation, partly) in found.items()]


def scan(session: Session, scope: Scope, tables: Sequence[ScannedTable]) -> Iterator[Record]:
    """Count the rows of each table, and find what violates its conditions."""
    options = scope.options
    if options.suspects_only:
        tables = [replace(t, conditions=tuple(c for c in t.conditions if c.suspect)) for t in tables]
    if options.counts is Counts.ESTIMATE or options.suspects_only:
        yield from _estimates(session, [table for table in tables if not table.conditions])
        tables = [table for table in tables if table.conditions]

    def done(table: ScannedTable, values: tuple[object, ...]) -> Iterable[Record]:
        if table.counted:
            yield RowCount(table.relation.identity, int(str(values[0])), True)
        if int(str(values[1])):
            yield from _violations(session, table)

    def failed(table: ScannedTable, failure: Failure) -> Iterable[Record]:
        keys = [condition.key for condition in table.conditions if condition.key is not None]
        if keys:
            # The parent may be what can't be read.
            if table.counted:
                yield from scan(session, scope, [_without_keys(table)])
            yield from find_orphans(session, keys)
        elif failure.sqlstate in NOT_NOW | CORRUPTED and not (table.partly and failure.sqlstate == PERMISSION_DENIED):
            yield failure_finding(failure, table.relation.identity, "", "table")
        elif len(table.conditions) > 1:
            # Which one can't be evaluated? The others are still checked.
            yield from _one_by_one(session, table)
        elif table.conditions:
            yield failure_finding(failure, table.conditions[0].subject, "", table.conditions[0].kind)
        else:
            yield failure_finding(failure, table.relation.identity, "", "table")

    yield from together(session, tables, _fetch, done, failed)


def _fetch(session: Session, tables: Sequence[ScannedTable]) -> list[tuple[Any, ...]]:
    lists = [one for table in tables for one in table.lists]
    return fetch_with_lists(session, _statement(tables), 3, lists) if lists else session.fetch(_statement(tables))


def _statement(tables: Sequence[ScannedTable]) -> str:
    definitions = [definition for table in tables for definition in table.definitions]
    return _with(definitions) + " UNION ALL ".join(
        f"SELECT {position}, {_aggregates(table)}" for position, table in enumerate(tables)
    )


def _aggregates(table: ScannedTable) -> str:
    if not table.counted:
        # As WHERE it costs less than as a second aggregate, and may be answered by an index.
        where = " OR ".join(_tests(table.conditions))
        return f"0::bigint, count(*) FROM {table.relation.source} WHERE {where}"
    return f"count(*), {_count_if(table.conditions)} FROM {table.relation.source}"


def _with(definitions: Sequence[str]) -> str:
    return f"WITH {', '.join(definitions)} " if definitions else ""


def _count_if(conditions: Sequence[Condition]) -> str:
    """An aggregate: how many rows violate any of the conditions."""
    return f"count(*) FILTER (WHERE {' OR '.join(_tests(conditions))})" if conditions else "0::bigint"


def _tests(conditions: Sequence[Condition]) -> list[str]:
    """SQL for each condition or several of them: true for a row that violates it."""
    columns = [condition.not_null for condition in conditions if condition.not_null]
    tests = [nulls(columns[i : i + _MOST_ARGUMENTS]) for i in range(0, len(columns), _MOST_ARGUMENTS)]
    return tests + [condition.violated for condition in conditions if not condition.not_null]


def _violations(session: Session, table: ScannedTable) -> Iterator[Record]:
    """Count and show what violates each condition of a table that is known to hold such rows."""
    source = table.relation.source
    counts = ", ".join(f"count(*) FILTER (WHERE {condition.violated})" for condition in table.conditions)
    sql = f"{_with(table.definitions)}SELECT {counts} FROM {source}"
    width = len(table.conditions)
    outcome = attempt(
        session,
        lambda: (fetch_with_lists(session, sql, width, table.lists) if table.lists else session.fetch(sql))[0],
    )
    if isinstance(outcome, Failure):
        yield failure_finding(outcome, table.relation.identity, "", "table")
        return
    for condition, count in zip(table.conditions, outcome.value, strict=True):
        if count and condition.key is not None:
            yield from orphan_finding(session, condition.key, count)
        elif count:
            yield from _violation(session, table.relation, condition, count)


def _violation(session: Session, relation: Relation, condition: Condition, count: int) -> Iterator[Record]:
    named = relation.row_name + ((condition.not_null,) if condition.not_null else ())
    columns = "*" if condition.printable and not condition.not_null else ", ".join(named)
    where = f"FROM {relation.source} WHERE {condition.violated}"
    shown = attempt(session, lambda: session.fetch(f"SELECT {example(relation.row_name)} {where} LIMIT {EXAMPLES}"))
    rows_found = "1 row" if count == 1 else f"{count} rows"
    yield Finding(
        code=condition.code,
        severity=condition.severity,
        message=condition.message.format(rows=rows_found, s="s" if count == 1 else ""),
        kind=condition.kind,
        subject=condition.subject,
        count=count,
        examples=tuple(row[0] for row in shown.value) if not isinstance(shown, Failure) else (),
        query=f"SELECT {columns} {where}",
        remedy=condition.remedy
        or "Correct or delete these rows" + (", then validate the constraint" if condition.suspect else ""),
    )


def _one_by_one(session: Session, table: ScannedTable) -> Iterator[Record]:
    source = table.relation.source
    counted = attempt(session, lambda: int(session.fetch(f"SELECT count(*) FROM {source}")[0][0]))
    if isinstance(counted, Failure):
        yield failure_finding(counted, table.relation.identity, "", "table")
        return
    yield RowCount(table.relation.identity, counted.value, True)
    for condition in table.conditions:
        sql = f"SELECT count(*) FILTER (WHERE {condition.violated}) FROM {source}"
        outcome = attempt(session, lambda sql=sql: int(session.fetch(sql)[0][0]))  # type: ignore[misc]
        if isinstance(outcome, Failure):
            told = table.partly and condition.not_null is not None and outcome.sqlstate == PERMISSION_DENIED
            if not told:  # that a column can't be read is said once for the table
                yield failure_finding(outcome, condition.subject, "", condition.kind)
        elif outcome.value:
            yield from _violation(session, table.relation, condition, outcome.value)


def _estimates(session: Session, tables: Sequence[ScannedTable]) -> Iterator[Record]:
    if not tables:
        return
    names = {table.relation.oid: table.relation.identity for table in tables}
    for oid, estimate in session.fetch(
        f"SELECT oid, greatest(reltuples, 0)::bigint FROM pg_catalog.pg_class WHERE oid = ANY ({oid_array(names)})"
    ):
        yield RowCount(names[oid], estimate, False)
