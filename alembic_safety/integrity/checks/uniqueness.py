"""Duplicates under unique constraints and unique indexes.

A valid unique index has been kept by PostgreSQL itself, and reading every key again costs several times as much as all other
checks. So keys are grouped where something speaks for duplicates: the index is invalid or was not kept at the time of the
writing, its constraint is deferrable (then a trigger checks it, and triggers can be switched off), or its collation changed
since it was built. ``deep`` groups the keys of all; ``amcheck`` asks the index itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from alembic_safety.integrity.attempt import Failure, attempt
from alembic_safety.integrity.records import Record
from alembic_safety.integrity.relation import Relation, example, pages, primary_key, rows
from alembic_safety.integrity.scope import Scope, columns_readable, oid_array
from alembic_safety.integrity.work import Check, Item, Task, batches, described, failure_finding, together
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

NAME = "unique"
EXAMPLES = 5
_SECONDS_PER_ROW = 6e-7
_SECONDS_PER_PAGE = 6e-6

#: SQL over ``i`` (pg_index): why its keys may hold duplicates, else NULL.
SUSPECT = """CASE WHEN NOT i.indisvalid THEN 'the index is INVALID'
    WHEN NOT i.indisready OR NOT i.indislive THEN 'the index is not kept'
    WHEN NOT i.indimmediate THEN 'its constraint is deferrable'
    WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = i.indrelid AND t.tgconstrindid = i.indexrelid
                 AND t.tgenabled NOT IN ('O', 'A')) THEN 'its triggers are disabled'
    WHEN EXISTS (SELECT FROM unnest(i.indcollation::oid[]) AS u(coll) JOIN pg_catalog.pg_collation co ON co.oid = u.coll
                 WHERE co.collversion <> pg_catalog.pg_collation_actual_version(co.oid)) THEN 'its collation changed'
    {database}
    END"""
_DATABASE_COLLATION = """WHEN 100 = ANY (i.indcollation::oid[]) AND EXISTS (SELECT FROM pg_catalog.pg_database db
        WHERE db.datname = current_database()
        AND db.datcollversion <> pg_catalog.pg_database_collation_actual_version(db.oid)) THEN 'its collation changed'"""


# Indexes are not in a scope that names tables.
_INDEX_NAME = """JOIN LATERAL (SELECT format('%I.%I', xn.nspname, xc.relname) AS identity FROM pg_catalog.pg_class xc
    JOIN pg_catalog.pg_namespace xn ON xn.oid = xc.relnamespace WHERE xc.oid = i.indexrelid) ix ON true"""


def suspect(scope: Scope) -> str:
    """SQL over ``i`` (pg_index): why its keys may hold duplicates, else NULL."""
    return SUSPECT.format(database=_DATABASE_COLLATION if scope.at_least(15) else "")


@dataclass(frozen=True, slots=True)
class KeyedIndex:
    """A unique index: what must be unique, as SQL over its table."""

    identity: str
    #: Identity of the constraint that it stands for, if any.
    constraint: str | None
    table: Relation
    keys: tuple[str, ...]
    predicate: str | None
    nulls_distinct: bool
    suspect: str | None

    @property
    def _where(self) -> str:
        tests = [f"({self.predicate})"] if self.predicate else []
        if self.nulls_distinct:
            tests += [f"{key} IS NOT NULL" for key in self.keys]
        return f" WHERE {' AND '.join(tests)}" if tests else ""

    def groups(self) -> str:
        """A query: each key that occurs more than once, and how often."""
        keys = ", ".join(self.keys)
        names = ", ".join(f"{key} AS k{n}" for n, key in enumerate(self.keys, 1))
        return f"SELECT {names}, count(*) AS rows FROM {self.table.source}{self._where} GROUP BY {keys} HAVING count(*) > 1"

    def count(self) -> str:
        """A query: how many keys occur more than once."""
        return f"SELECT count(*) FROM ({self.groups()}) AS safety_group"

    def examples(self, limit: int) -> str:
        """A query: some of these keys."""
        columns = tuple(f"k{n}" for n in range(1, len(self.keys) + 1))
        return f"SELECT {example(columns)} FROM ({self.groups()} LIMIT {limit}) AS safety_group"


def plan(session: Session, scope: Scope) -> Iterator[Task]:
    """A task for each large table with a doubtful index, and one for each batch of small ones."""
    wanted = "true" if scope.options.deep else f"{suspect(scope)} IS NOT NULL"
    # An index on a partition is covered by the partitioned one above it, where that is in scope.
    sql = f"""SELECT i.indexrelid, ix.identity, {rows("t")} * {_SECONDS_PER_ROW} + {pages("t")} * {_SECONDS_PER_PAGE}
        FROM pg_catalog.pg_index i JOIN scope t ON t.oid = i.indrelid {_INDEX_NAME}
        WHERE i.indisunique AND {columns_readable("t", "array_remove(i.indkey::int2[], 0::int2)")} AND {wanted}
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits up JOIN pg_catalog.pg_index upi ON upi.indexrelid = up.inhparent
                          JOIN scope above ON above.oid = upi.indrelid WHERE up.inhrelid = i.indexrelid)"""
    items = [Item(*row) for row in session.fetch(scope.query(sql))]
    for batch in batches(items):
        subject = batch[0].name if len(batch) == 1 else f"{len(batch)} unique indexes"
        seconds = sum(item.seconds for item in batch)
        yield Task(NAME, subject, seconds, partial(_run, scope, batch), parallel=True)


CHECK = Check(NAME, "duplicates under doubtful unique indexes and constraints (with --deep: under all)", plan)


def read_indexes(session: Session, scope: Scope, oids: Sequence[int]) -> list[KeyedIndex]:
    """The unique indexes of these OIDs."""
    scope = scope.where(
        f"c.oid IN (SELECT indrelid FROM pg_catalog.pg_index WHERE indexrelid = ANY ({oid_array(oids)}))"
    )
    distinct = "NOT i.indnullsnotdistinct" if scope.at_least(15) else "true"
    # The index's own collation decides what is equal, also where it is not the column's.
    keys = """ARRAY(SELECT '(' || pg_get_indexdef(i.indexrelid, k, false) || ')' || coalesce((
            SELECT format(' COLLATE %I.%I', cn.nspname, co.collname) FROM pg_catalog.pg_collation co
            JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
            WHERE co.oid = (i.indcollation::oid[])[k - 1]), '')
        FROM generate_series(1, i.indnkeyatts) AS k ORDER BY k)"""
    sql = f"""SELECT ix.identity, t.identity || '.' || quote_ident(con.conname), t.oid, t.identity, t.relkind::text,
            {primary_key("t.oid")}, {keys}, pg_get_expr(i.indpred, i.indrelid), {distinct}, {suspect(scope)}
        FROM pg_catalog.pg_index i JOIN scope t ON t.oid = i.indrelid {_INDEX_NAME}
        LEFT JOIN pg_catalog.pg_constraint con ON con.conindid = i.indexrelid AND con.contype IN ('p', 'u')
            AND con.conrelid = i.indrelid
        WHERE i.indexrelid = ANY ({oid_array(oids)})"""
    return [
        KeyedIndex(row[0], row[1], Relation(row[2], row[3], row[4], tuple(row[5])), tuple(row[6]), *row[7:])
        for row in session.fetch(scope.query(sql))
    ]


def _run(scope: Scope, items: Sequence[Item], session: Session) -> Iterator[Record]:
    found, unread = described(session, items, "index", lambda oids: read_indexes(session, scope, oids))
    yield from unread
    yield from find_duplicates(session, found)


def find_duplicates(session: Session, indexes: Sequence[KeyedIndex]) -> Iterator[Record]:
    """A finding for each index under which a key occurs twice."""

    def done(index: KeyedIndex, values: tuple[object, ...]) -> Iterable[Record]:
        return _finding(session, index, int(str(values[0])))

    def failed(index: KeyedIndex, failure: Failure) -> Iterable[Record]:
        return (failure_finding(failure, index.identity, "", "index"),)

    # The index under suspicion must not be what answers.
    session.execute(
        "SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off"
    )
    yield from together(session, indexes, _read, done, failed)
    session.execute(
        "SET LOCAL enable_indexscan = on; SET LOCAL enable_indexonlyscan = on; SET LOCAL enable_bitmapscan = on"
    )


def _read(session: Session, indexes: Sequence[KeyedIndex]) -> list[tuple[Any, ...]]:
    return session.fetch(
        " UNION ALL ".join(f"SELECT {position}, ({index.count()})" for position, index in enumerate(indexes))
    )


def _finding(session: Session, index: KeyedIndex, count: int) -> Iterator[Record]:
    if not count:
        return
    shown = attempt(session, lambda: session.fetch(index.examples(EXAMPLES)))
    examples = () if isinstance(shown, Failure) else tuple(_named(index, row[0]) for row in shown.value)
    because = f" ({index.suspect})" if index.suspect else ""
    what = f"the constraint {index.constraint}" if index.constraint else f"the unique index {index.identity}"
    yield Finding(
        code="duplicate-keys",
        severity=Severity.ERROR,
        message=f"{'1 key occurs' if count == 1 else f'{count} keys occur'} more than once in {index.table.identity} "
        f"under {what}{because}",
        kind="constraint" if index.constraint else "index",
        table=index.table.identity,
        subject=index.constraint or index.identity,
        count=count,
        examples=examples,
        query=index.groups(),
        remedy=f"Make these rows differ or delete the surplus ones, then REINDEX INDEX {index.identity}",
    )


def _named(index: KeyedIndex, text: str) -> str:
    """``k1=…, k2=…`` with the key's own names."""
    for number in range(len(index.keys), 0, -1):
        name = index.keys[number - 1].split(" COLLATE ")[0]
        name = name[1:-1] if name.startswith("(") and name.endswith(")") else name
        text = (
            text.replace(f"k{number}=", f"{name}=", 1)
            if number == 1
            else text.replace(f", k{number}=", f", {name}=", 1)
        )
    return text
