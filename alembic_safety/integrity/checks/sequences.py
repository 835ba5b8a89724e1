"""Sequences behind the largest value of their column, sequences that run out, and identity columns without a sequence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from alembic_safety.integrity.attempt import Failure
from alembic_safety.integrity.records import Record, SequenceState
from alembic_safety.integrity.relation import pages
from alembic_safety.integrity.scope import Scope, columns_readable
from alembic_safety.integrity.work import BATCH_SECONDS, Check, Task, failure_finding, together
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import Session

NAME = "sequences"
_BATCH = 100
#: A sequence with less than this share of its values left is reported.
_NEARLY_OUT = 0.1
#: A default that is the sequence's next value and nothing else, as the server writes it, cast to the column's type.
_PLAIN = r"^\(*nextval\('([^']|'')+'::regclass\)\)*(::[a-z0-9(), ]+)?$"

# From the sequences to their columns: every step is a look-up by an index, however many tables there are.
_SQL = r"""
, use AS MATERIALIZED (
    -- owned by the column (serial, identity, OWNED BY), or named by its default
    SELECT d.refobjid AS relation, d.refobjsubid AS number, q.seqrelid AS sequence
    FROM pg_catalog.pg_sequence q
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = q.seqrelid
        AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
    UNION
    SELECT ad.adrelid, ad.adnum, q.seqrelid
    FROM pg_catalog.pg_sequence q
    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = q.seqrelid
        AND d.classid = 'pg_catalog.pg_attrdef'::regclass
    JOIN pg_catalog.pg_attrdef ad ON ad.oid = d.objid
)
SELECT DISTINCT s.seqrelid::oid, format('%I.%I', sn.nspname, sc.relname), s.seqincrement, s.seqstart,
    CASE WHEN s.seqincrement > 0 THEN least(s.seqmax, w.high) ELSE greatest(s.seqmin, w.low) END,
    s.seqcycle, t.identity, quote_ident(a.attname),
    EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
            JOIN pg_catalog.pg_am am ON am.oid = ic.relam AND am.amname = 'btree'
            WHERE i.indrelid = t.oid AND i.indisvalid AND i.indpred IS NULL AND i.indkey[0] = a.attnum),
    EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = t.oid AND i.indisunique AND i.indpred IS NULL
            AND a.attnum = ANY (i.indkey::int2[])),
    {pages}, t.relkind::text,
    -- more than the value itself, as nextval('s') + 1000
    coalesce(pg_get_expr(own.adbin, own.adrelid) !~ {plain} AND pg_get_expr(own.adbin, own.adrelid) ~ '\ynextval\(', false)
FROM use
JOIN scope t ON t.oid = use.relation
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = use.number AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_attrdef own ON own.adrelid = a.attrelid AND own.adnum = a.attnum
JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid
JOIN pg_catalog.pg_sequence s ON s.seqrelid = use.sequence
JOIN pg_catalog.pg_class sc ON sc.oid = s.seqrelid AND sc.relkind = 'S'
JOIN pg_catalog.pg_namespace sn ON sn.oid = sc.relnamespace
JOIN (VALUES ('int2'::regtype, -32768::numeric, 32767::numeric), ('int4', -2147483648, 2147483647),
             ('int8', -9223372036854775808, 9223372036854775807), ('numeric', -1e30, 1e30)) AS w(type, low, high)
    ON w.type = CASE WHEN ty.typtype = 'd' THEN ty.typbasetype ELSE ty.oid END
WHERE t.relkind IN ('r', 'p') AND {readable} AND NOT ({recovery} AND sc.relpersistence = 'u')
  -- a partition's column gets its values by way of the partitioned table
  AND NOT (t.relispartition AND EXISTS (SELECT FROM pg_catalog.pg_inherits h JOIN scope above ON above.oid = h.inhparent
           JOIN pg_catalog.pg_attribute up ON up.attrelid = above.oid AND up.attname = a.attname
           WHERE h.inhrelid = t.oid AND (up.atthasdef OR up.attidentity <> '')))
ORDER BY 2, 7, 8
"""


@dataclass(frozen=True, slots=True)
class Use:
    """A column that takes its values from a sequence."""

    oid: int
    sequence: str
    increment: int
    start: int
    #: The last value that both the sequence and the column's type can take.
    limit: int
    cycles: bool
    table: str
    column: str
    indexed: bool
    unique: bool
    pages: float
    kind: str
    #: Whether the column's default makes another value of what the sequence gives: then the two can't be compared.
    computed: bool

    @property
    def farthest(self) -> str:
        """The aggregate that finds the value nearest to the limit."""
        return "max" if self.increment > 0 else "min"

    @property
    def source(self) -> str:
        """The table in FROM."""
        return self.table if self.kind == "p" else f"ONLY {self.table}"


def plan(session: Session, scope: Scope) -> Iterator[Task]:
    """All indexed columns in a few tasks of milliseconds; a scan for each large column that has no index."""
    uses = read_uses(session, scope)
    quick = [use for use in uses if _is_quick(use)]
    for start in range(0, len(quick), _BATCH):
        batch = tuple(quick[start : start + _BATCH])
        yield Task(NAME, f"{len(batch)} sequences", 0.0001 * len(batch), partial(_run, batch))
    for use in uses:
        if not _is_quick(use):
            yield Task(NAME, use.sequence, use.pages * 6e-6, partial(_run, (use,)), parallel=True)


def _is_quick(use: Use) -> bool:
    return use.indexed or use.pages * 6e-6 < BATCH_SECONDS / _BATCH


CHECK = Check(NAME, "sequences behind their column, or nearly used up", plan)


def read_uses(session: Session, scope: Scope) -> list[Use]:
    """Which columns of the scope take values from which sequence."""
    sql = _SQL.format(
        pages=pages("t"),
        plain=quote_literal(_PLAIN),
        recovery="true" if scope.in_recovery else "false",
        readable=columns_readable("t", "ARRAY[a.attnum]"),
    )
    return [
        Use(row[0], row[1], int(row[2]), int(row[3]), int(row[4]), *row[5:]) for row in session.fetch(scope.query(sql))
    ]


def _run(uses: Sequence[Use], session: Session) -> Iterator[Record]:
    yield from check_sequences(session, uses)


def check_sequences(session: Session, uses: Sequence[Use]) -> Iterator[Record]:
    """Where each sequence stands, and a finding for each that is behind or nearly used up."""

    def done(use: Use, values: tuple[object, ...]) -> Iterable[Record]:
        return _judge(use, int(str(values[0])), bool(values[1]), None if values[2] is None else int(str(values[2])))

    def failed(use: Use, failure: Failure) -> Iterable[Record]:
        return (failure_finding(failure, use.sequence, "", "sequence"),)

    # Read after the snapshot was taken, a sequence can only be ahead of the rows that the snapshot shows.
    yield from together(session, uses, _read, done, failed)


def _read(session: Session, uses: Sequence[Use]) -> list[tuple[Any, ...]]:
    return session.fetch(
        " UNION ALL ".join(
            f"SELECT {position}, s.last_value::text, s.is_called, "
            f"(SELECT trunc({use.farthest}({use.column})::numeric)::text FROM {use.source}) FROM {use.sequence} s"
            for position, use in enumerate(uses)
        )
    )


def _judge(use: Use, last: int, called: bool, farthest: int | None) -> Iterator[Record]:
    following = last + use.increment if called else last
    left = max((use.limit - following) // use.increment + 1, 0)
    yield SequenceState(use.sequence, following, None if use.cycles else left)
    if use.cycles:
        return  # it comes back to used values by intention
    behind = farthest is not None and (farthest >= following if use.increment > 0 else farthest <= following)
    if behind and farthest is not None and not use.computed:
        yield Finding(
            code="sequence-behind",
            # Only a column that must be unique refuses the value.
            severity=Severity.ERROR if use.unique else Severity.WARNING,
            message=f"sequence {use.sequence} gives {following} next, but {use.table}.{use.column} already holds {farthest} "
            f"({left} values left)",
            kind="sequence",
            subject=use.sequence,
            table=use.table,
            count=1,
            examples=(f"{use.column}={farthest}",),
            query=f"SELECT {use.farthest}({use.column}), (SELECT last_value FROM {use.sequence}) FROM {use.source}",
            remedy=f"SELECT setval({quote_literal(use.sequence)}, {farthest})",
        )
    span = abs(use.limit - use.start) // abs(use.increment) + 1
    if left < span * _NEARLY_OUT:
        yield Finding(
            code="sequence-running-out",
            severity=Severity.WARNING if left else Severity.ERROR,
            message=f"sequence {use.sequence} of {use.table}.{use.column} has {left} of {span} values left",
            kind="sequence",
            subject=use.sequence,
            table=use.table,
            count=left,
            query=f"SELECT last_value, is_called FROM {use.sequence}",
            remedy="Change the column and the sequence to bigint before the values are used up",
        )
