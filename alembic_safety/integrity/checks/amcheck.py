"""The structure of heaps and btrees, by the extension amcheck."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from alembic_safety.integrity.attempt import NOT_NOW, Failure, attempt
from alembic_safety.integrity.records import Record, not_checked
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import Check, Task
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

NAME = "amcheck"
_SECONDS_PER_PAGE = 8e-6
_BATCH_SECONDS = 0.05
_BATCH = 50
#: What says that a check couldn't be made, not that something is wrong.
_NOT_CHECKED = NOT_NOW | {"0A000"}

_EXTENSION = """
SELECT quote_ident(n.nspname), string_to_array(e.extversion, '.')::int[] >= ARRAY[1, 4]
FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'amcheck'
"""

_HEAPS = """
SELECT c.oid, c.oid::regclass::text, 'heap', false, c.relpages FROM scope t
JOIN pg_catalog.pg_class p ON p.oid = t.oid
JOIN pg_catalog.pg_class c ON c.oid IN (p.oid, p.reltoastrelid)
JOIN pg_catalog.pg_am am ON am.oid = c.relam AND am.amname = 'heap'
WHERE t.relkind IN ('r', 'm') AND NOT ({recovery} AND c.relpersistence = 'u')
UNION ALL
SELECT x.oid, x.oid::regclass::text, 'btree', i.indisunique, x.relpages FROM scope t
JOIN pg_catalog.pg_class p ON p.oid = t.oid
JOIN pg_catalog.pg_index i ON i.indrelid IN (p.oid, p.reltoastrelid) AND i.indisvalid AND i.indisready AND i.indislive
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid AND x.relkind = 'i'
JOIN pg_catalog.pg_am am ON am.oid = x.relam AND am.amname = 'btree'
WHERE t.relkind IN ('r', 'm') AND NOT ({recovery} AND x.relpersistence = 'u')
ORDER BY 5
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A heap or a btree to be checked."""

    oid: int
    identity: str
    method: str
    unique: bool
    pages: int

    def statement(self, schema: str, *, check_unique: bool, all_rows: bool) -> str:
        """A query that gives one row a problem (heap), or fails at the first (btree)."""
        if self.method == "heap":
            return (
                f"SELECT format('block %s, line %s, column %s: %s', blkno, offnum, attnum, msg) "
                f"FROM {schema}.verify_heapam({self.oid}::regclass)"
            )
        unique = ", checkunique => true" if check_unique and self.unique else ""
        return f"SELECT {schema}.bt_index_check({self.oid}::regclass, heapallindexed => {str(all_rows).lower()}{unique})::text"


def plan(session: Session, scope: Scope) -> Iterator[Task]:
    """A task for each large relation, and one for each batch of small ones."""
    installed = session.fetch(_EXTENSION)
    if not installed:
        reason = "the extension amcheck is not installed in this database (CREATE EXTENSION amcheck)"
        yield Task(NAME, NAME, 0.0, lambda _: (not_checked(None, reason, what="the structure of heaps and btrees"),))
        return
    schema, check_unique = installed[0]
    sql = _HEAPS.format(recovery="true" if scope.in_recovery else "false")
    batch: list[Target] = []
    for row in session.fetch(scope.query(sql)):
        batch.append(Target(*row))
        if len(batch) >= _BATCH or sum(target.pages for target in batch) * _SECONDS_PER_PAGE > _BATCH_SECONDS:
            yield _task(batch, schema, check_unique, scope.options.deep)
            batch = []
    if batch:
        yield _task(batch, schema, check_unique, scope.options.deep)


CHECK = Check(
    NAME, "structure of heaps and btrees, by the extension amcheck", plan, wanted=lambda scope: scope.options.amcheck
)


def _task(batch: list[Target], schema: str, check_unique: bool, all_rows: bool) -> Task:
    subject = batch[0].identity if len(batch) == 1 else f"{len(batch)} heaps and btrees"
    seconds = sum(target.pages for target in batch) * _SECONDS_PER_PAGE
    return Task(NAME, subject, seconds, partial(_run, tuple(batch), schema, check_unique, all_rows))


def _run(
    targets: tuple[Target, ...], schema: str, check_unique: bool, all_rows: bool, session: Session
) -> Iterator[Record]:
    for target in targets:
        statement = target.statement(schema, check_unique=check_unique, all_rows=all_rows)
        outcome = attempt(session, lambda sql=statement: session.fetch(f"{sql} LIMIT 1000"))  # type: ignore[misc]
        if isinstance(outcome, Failure) and outcome.sqlstate in _NOT_CHECKED:
            yield not_checked(target.identity, outcome.reason, kind=_kind(target))
        elif isinstance(outcome, Failure):
            yield _damaged(target, statement, [outcome.reason])
        elif target.method == "heap" and outcome.value:
            yield _damaged(target, statement, [row[0] for row in outcome.value])


def _kind(target: Target) -> str:
    return "index" if target.method == "btree" else "table"


def _damaged(target: Target, statement: str, messages: list[str]) -> Finding:
    return Finding(
        code="damaged-index" if target.method == "btree" else "damaged-heap",
        severity=Severity.ERROR,
        message=f"{target.method} {target.identity} is damaged: {messages[0]}",
        kind=_kind(target),
        subject=target.identity,
        count=len(messages),
        examples=tuple(messages[:5]),
        query=statement,
        remedy=f"REINDEX INDEX {target.identity}"
        if target.method == "btree"
        else "Stop writing to it, and restore it from a backup or a standby",
    )
