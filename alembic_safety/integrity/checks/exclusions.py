"""Pairs of rows that an exclusion constraint forbids.

For the usual shape (equality on some columns, overlap of one range) a single sort finds out whether there can be such a pair;
only then, and for other shapes, rows are joined with each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from alembic_safety.integrity.attempt import Failure, attempt
from alembic_safety.integrity.records import Record
from alembic_safety.integrity.relation import Relation, example, pages, primary_key, rows
from alembic_safety.integrity.scope import Scope, columns_readable, oid_array
from alembic_safety.integrity.work import Check, Item, Task, described, failure_finding
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

NAME = "exclusion"
_SECONDS_PER_ROW = 1.5e-6

# Temporal keys (WITHOUT OVERLAPS, from 18 on) are exclusion constraints by another name.
_LIST = """
SELECT con.oid, t.identity || '.' || quote_ident(con.conname), {rows} * {cost} + {pages} * 6e-6
FROM scope t
JOIN pg_catalog.pg_constraint con ON con.conrelid = t.oid AND con.conexclop IS NOT NULL
JOIN pg_catalog.pg_index i ON i.indexrelid = con.conindid
WHERE {readable} AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint up JOIN scope above ON above.oid = up.conrelid
                                 WHERE up.oid = con.conparentid)
  AND ({all} OR con.condeferrable OR NOT i.indisvalid OR NOT i.indisready)
"""

_SQL = """
SELECT t.identity || '.' || quote_ident(con.conname), t.oid, t.identity, t.relkind::text, {key},
    ARRAY(SELECT pg_get_indexdef(con.conindid, k, false) FROM generate_series(1, i.indnkeyatts) AS k ORDER BY k),
    ARRAY(SELECT format('OPERATOR(%I.%s)', opn.nspname, op.oprname)
          FROM unnest(con.conexclop) WITH ORDINALITY AS u(operator, ord)
          JOIN pg_catalog.pg_operator op ON op.oid = u.operator
          JOIN pg_catalog.pg_namespace opn ON opn.oid = op.oprnamespace ORDER BY u.ord),
    pg_get_expr(i.indpred, i.indrelid),
    ARRAY(SELECT EXISTS (SELECT FROM pg_catalog.pg_range r WHERE r.rngtypid IN (a.atttypid, ty.typbasetype))
          FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid
          WHERE a.attrelid = con.conindid ORDER BY a.attnum)
FROM scope t
JOIN pg_catalog.pg_constraint con ON con.conrelid = t.oid
JOIN pg_catalog.pg_index i ON i.indexrelid = con.conindid
WHERE con.oid = ANY ({oids})
"""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An exclusion constraint: which operators must not all hold between two rows."""

    identity: str
    table: Relation
    keys: tuple[str, ...]
    operators: tuple[str, ...]
    predicate: str | None
    ranges: tuple[bool, ...]

    def _rows(self) -> str:
        named = [f"({key}) AS k{n}" for n, key in enumerate(self.keys, 1)]
        names = [f"{column} AS r{n}" for n, column in enumerate(self.table.row_name, 1)]
        where = f" WHERE ({self.predicate})" if self.predicate else ""
        place = "tableoid AS safety_table, ctid AS safety_place"
        return f"(SELECT {', '.join([*named, *names, place])} FROM {self.table.source}{where})"

    def pairs(self) -> str:
        """FROM and WHERE of the pairs: each once."""
        tests = [f"a.k{n} {operator} b.k{n}" for n, operator in enumerate(self.operators, 1)]
        order = "(a.safety_table, a.safety_place) < (b.safety_table, b.safety_place)"
        return f"FROM {self._rows()} a JOIN {self._rows()} b ON {' AND '.join([*tests, order])}"

    def sweep(self) -> str | None:
        """A query: whether there can be a pair at all; None for shapes that need the join."""
        overlap = [
            n for n, operator in enumerate(self.operators) if operator == "OPERATOR(pg_catalog.&&)" and self.ranges[n]
        ]
        equal = [n for n, operator in enumerate(self.operators) if operator.endswith(".=)")]
        if len(overlap) != 1 or len(overlap) + len(equal) != len(self.operators):
            return None
        span = f"k{overlap[0] + 1}"
        partition = f"PARTITION BY {', '.join(f'k{n + 1}' for n in equal)} " if equal else ""
        given = " AND ".join(f"k{n + 1} IS NOT NULL" for n in range(len(self.keys)))
        # Too wide where bounds only touch, never too narrow: the join decides.
        return f"""SELECT EXISTS (SELECT FROM (
                SELECT {span} AS span, max(upper({span})) OVER w AS reach, bool_or(upper_inf({span})) OVER w AS endless,
                    bool_or(upper_inc({span})) OVER w AS closed, row_number() OVER w0 AS place
                FROM {self._rows()} s WHERE {given} AND NOT isempty({span})
                WINDOW w0 AS ({partition}ORDER BY lower({span}) NULLS FIRST),
                       w AS (w0 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) swept
            WHERE place > 1 AND (endless OR lower_inf(span) OR lower(span) < reach
                                 OR (lower(span) = reach AND closed AND lower_inc(span))))"""


def plan(session: Session, scope: Scope) -> Iterator[Task]:
    """A task for each constraint."""
    sql = _LIST.format(
        readable=columns_readable("t", "array_remove(con.conkey, 0::int2)"),
        rows=rows("t"),
        pages=pages("t"),
        cost=_SECONDS_PER_ROW,
        all="false" if scope.options.suspects_only else "true",
    )
    for row in session.fetch(scope.query(sql)):
        item = Item(*row)
        yield Task(NAME, item.name, item.seconds, partial(_run, scope, item))


CHECK = Check(NAME, "rows that an exclusion constraint forbids beside each other", plan)


def _read(session: Session, scope: Scope, oids: Sequence[int]) -> list[Exclusion]:
    scope = scope.where(f"c.oid IN (SELECT conrelid FROM pg_catalog.pg_constraint WHERE oid = ANY ({oid_array(oids)}))")
    sql = _SQL.format(key=primary_key("t.oid"), oids=oid_array(oids))
    return [
        Exclusion(
            row[0], Relation(row[1], row[2], row[3], tuple(row[4])), tuple(row[5]), tuple(row[6]), row[7], tuple(row[8])
        )
        for row in session.fetch(scope.query(sql))
    ]


def _run(scope: Scope, item: Item, session: Session) -> Iterator[Record]:
    found, unread = described(session, (item,), "constraint", lambda oids: _read(session, scope, oids))
    yield from unread
    for exclusion in found:
        yield from _check(session, exclusion)


def _check(session: Session, exclusion: Exclusion) -> Iterator[Record]:
    sweep = exclusion.sweep()
    if sweep is not None:
        swept = attempt(session, lambda: bool(session.fetch(sweep)[0][0]))
        if not isinstance(swept, Failure) and not swept.value:
            return
    counted = attempt(session, lambda: int(session.fetch(f"SELECT count(*) {exclusion.pairs()}")[0][0]))
    if isinstance(counted, Failure):
        yield failure_finding(counted, exclusion.identity, "", "constraint")
        return
    if not counted.value:
        return
    names = [example(tuple(f"r{n}" for n in range(1, len(exclusion.table.row_name) + 1)), side) for side in "ab"]
    shown = attempt(session, lambda: session.fetch(f"SELECT {names[0]}, {names[1]} {exclusion.pairs()} LIMIT 5"))
    count = counted.value
    yield Finding(
        code="exclusion-violated",
        severity=Severity.ERROR,
        message=f"{'1 pair' if count == 1 else f'{count} pairs'} of rows of {exclusion.table.identity} "
        f"violate{'s' if count == 1 else ''} the exclusion constraint {exclusion.identity}",
        kind="constraint",
        subject=exclusion.identity,
        count=count,
        examples=()
        if isinstance(shown, Failure)
        else tuple(f"{_named(exclusion, a)} and {_named(exclusion, b)}" for a, b in shown.value),
        query=f"SELECT a.*, b.* {exclusion.pairs()}",
        remedy="Change or delete one row of each pair",
    )


def _named(exclusion: Exclusion, text: str) -> str:
    for number, name in reversed(list(enumerate(exclusion.table.row_name, 1))):
        old, new = (f"r{number}=", f"{name}=") if number == 1 else (f", r{number}=", f", {name}=")
        text = text.replace(old, new, 1)
    return text
