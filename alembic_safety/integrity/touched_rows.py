"""The rows that the running transaction wrote, and whether they refer to something: one scan, then only these rows.

Where a capture says which rows they are, not even the scan is needed. Else they are found by xmin: what this transaction can
see with an xmin at or after its own id is its own (subtransactions included), or was committed by others meanwhile, which it
does no harm to look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from alembic_safety.integrity.attempt import Failure, attempt
from alembic_safety.integrity.checks.foreign_keys import failed, orphan_finding
from alembic_safety.integrity.foreign_key import CHILD, ForeignKey
from alembic_safety.integrity.records import Record
from alembic_safety.integrity.relation import Relation
from alembic_safety.integrity.work import failure_finding
from alembic_safety.postgres.session import Session

#: Above this, rows are looked at where they are instead of by their address.
MOST_ADDRESSES = 50_000
#: A look-up by an index costs as much as so many rows of a scan.
_PROBE_ROWS = 20
_BY_INDEX = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"


def mine(alias: str = "") -> str:
    """SQL: whether the row (of a table or a catalog) was written by the running transaction; never true before it has an id."""
    prefix = f"{alias}." if alias else ""
    own = "pg_catalog.pg_current_xact_id_if_assigned()::xid"
    return f"(pg_catalog.age({prefix}xmin) <= pg_catalog.age({own}))"


@dataclass(frozen=True, slots=True)
class Rows:
    """Which rows of a table are meant."""

    relation: Relation
    #: SQL without an alias: true for these rows.
    condition: str
    #: How many, where that is known.
    count: int | None
    #: Whether they are so few that looking each up by an index beats any scan; a capture has no statistics to tell the planner.
    few: bool = False


def written_rows(session: Session, relation: Relation, keys: str | None) -> Rows:
    """The rows of a table that this transaction wrote; ``keys`` is a query for their primary keys, if somebody captured them.

    Raises the driver's error.
    """
    if keys is not None and relation.key:
        columns = ", ".join(relation.key)
        few = _are_few(session, relation, keys)
        return Rows(relation, f"({columns}) IN (SELECT {columns} FROM ({keys}) AS captured)", None, few)
    # The age of our own id is asked for once: in the condition it would be worked out for each row.
    age = session.fetch("SELECT pg_catalog.age(pg_catalog.pg_current_xact_id_if_assigned()::xid)")[0][0]
    if age is None:
        return Rows(relation, "false", 0)
    ours = f"pg_catalog.age(xmin) <= {age}"
    found = f"SELECT ctid FROM {relation.source} WHERE {ours} LIMIT {MOST_ADDRESSES + 1}"
    count, addresses = session.fetch(f"SELECT count(*), array_agg(ctid)::text FROM ({found}) AS written")[0]
    if count > MOST_ADDRESSES:
        return Rows(relation, ours, None)
    if not count:
        return Rows(relation, "false", 0)
    return Rows(relation, f"ctid = ANY ('{addresses}'::tid[])", count)


def _are_few(session: Session, relation: Relation, captured: str) -> bool:
    sizes = f"SELECT (SELECT count(*) FROM ({captured}) AS captured), (SELECT reltuples FROM pg_catalog.pg_class WHERE oid = {relation.oid})"
    count, total = session.fetch(sizes)[0]
    return bool(count * _PROBE_ROWS < max(total, 0))


def changed_columns(session: Session, relation: Relation, before: str, columns: Sequence[str]) -> set[str]:
    """Which of these columns are not the same, byte by byte, as in the rows that ``before`` is a query for; all, where it can't be told.

    ``before`` gives these columns and the primary key; a row that is gone counts as a change of everything.
    """
    if not columns or not relation.key:
        return set(columns)
    same = " AND ".join(f"now.{key} = before.{key}" for key in relation.key)
    other = ", ".join(
        f"coalesce(bool_or(pg_catalog.record_image_ne(ROW(now.{column}), ROW(before.{column}))), false)"
        for column in columns
    )
    statement = f"SELECT count(*), count(now.{relation.key[0]}), {other} FROM ({before}) AS before LEFT JOIN {relation.source} AS now ON {same}"

    def run() -> tuple[Any, ...]:
        if _are_few(session, relation, before):
            session.execute(_BY_INDEX)
        return session.fetch(statement)[0]

    outcome = attempt(session, run)
    if isinstance(outcome, Failure):
        return set(columns)
    captured, met, *changed = outcome.value
    if captured != met:
        return set(columns)
    return {column for column, is_other in zip(columns, changed, strict=True) if is_other}


def orphans_among(session: Session, rows: Rows, keys: Sequence[ForeignKey]) -> Iterator[Record]:
    """Of these rows, those that refer to nothing, under each of the keys of their table."""
    if not keys or rows.count == 0:
        return
    columns = dict.fromkeys(column for key in keys for column in key.columns)
    these = f"SELECT {', '.join(columns)} FROM {rows.relation.source} WHERE {rows.condition}"
    counts = ", ".join(
        f"(SELECT count(*) FROM {_values(key)} {CHILD} WHERE {key.condition(exact=True)})" for key in keys
    )
    statement = f"WITH touched AS MATERIALIZED ({these}) SELECT {counts}"

    def run() -> tuple[Any, ...]:
        if rows.few:
            session.execute(_BY_INDEX)
        return session.fetch(statement)[0]

    outcome = attempt(session, run)
    if isinstance(outcome, Failure):
        for key in keys:
            yield from failed(key, outcome)
        return
    for key, values in zip(keys, outcome.value, strict=True):
        if values:
            counted = attempt(session, partial(_count, session, key, rows))
            if isinstance(counted, Failure):
                yield from failed(key, counted)
            else:
                yield from orphan_finding(session, key, counted.value, _narrowed(rows))


def _values(key: ForeignKey) -> str:
    """What the touched rows refer to, each value once and in the order of an index: then neighbours are looked up together."""
    columns = ", ".join(key.columns)
    return f"(SELECT DISTINCT {columns} FROM touched ORDER BY {columns})"


def _count(session: Session, key: ForeignKey, rows: Rows) -> int:
    return int(session.fetch(key.count(_narrowed(rows), exact=True))[0][0])


def orphans_of_removed(session: Session, key: ForeignKey, removed: str) -> Iterator[Record]:
    """Rows that refer to what was removed; ``removed`` is a query whose columns are named like the referenced table's."""
    columns = ", ".join(f"{CHILD}.{column}" for column in key.columns)
    narrowed = f" AND ({columns}) IN (SELECT {', '.join(key.referenced)} FROM ({removed}) AS removed)"
    outcome = attempt(session, lambda: int(session.fetch(key.count(narrowed))[0][0]))
    if isinstance(outcome, Failure):
        yield failure_finding(outcome, key.identity, "", "constraint")
        return
    yield from orphan_finding(session, key, outcome.value, narrowed)


def _narrowed(rows: Rows) -> str:
    """The rows' condition for a query that has another table beside theirs."""
    where = f"SELECT tableoid, ctid FROM {rows.relation.source} WHERE {rows.condition}"
    return f" AND ({CHILD}.tableoid, {CHILD}.ctid) IN ({where})"
