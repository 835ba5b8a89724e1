"""Large objects that no row refers to any more (as vacuumlo would find them)."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.integrity.attempt import Failure, attempt
from alembic_safety.integrity.records import Record, not_checked
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import Check, Task, failure_finding
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

NAME = "large-objects"

# Any column of type oid, or of the type lo, may hold a reference; also in views' tables of extensions and other schemas.
_COLUMNS = """
SELECT format('%I.%I', n.nspname, c.relname), c.relkind::text, quote_ident(a.attname), c.relpages,
       pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
       AND NOT pg_catalog.row_security_active(c.oid)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'm')
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname !~ '^pg_(toast_)?temp_'
  AND a.attnum > 0 AND NOT a.attisdropped
  AND (ty.oid = 'pg_catalog.oid'::regtype OR (ty.typname = 'lo' AND ty.typbasetype = 'pg_catalog.oid'::regtype))
ORDER BY 1, 3
"""


def plan(session: Session, scope: Scope) -> Iterator[Task]:
    """One task, where there are large objects at all and the whole database is meant."""
    if scope.narrowed or scope.options.schemas:
        return
    if not session.fetch("SELECT 1 FROM pg_catalog.pg_largeobject_metadata LIMIT 1"):
        return
    columns = session.fetch(_COLUMNS)
    yield Task(
        NAME, "large objects", 0.01 + sum(row[3] for row in columns) * 6e-6, lambda session: _run(session, columns)
    )


CHECK = Check(NAME, "large objects that nothing refers to", plan)


def _run(session: Session, columns: list[tuple[str, str, str, int, bool]]) -> Iterator[Record]:
    unreadable = [f"{table}.{column}" for table, _, column, _, readable in columns if not readable]
    if unreadable:
        yield not_checked(
            None, f"{', '.join(unreadable[:5])} may refer to them and can't be read", what="large objects"
        )
        return
    references = " UNION ALL ".join(
        f"SELECT {column}::oid AS reference FROM {'ONLY ' if kind == 'r' else ''}{table}"
        for table, kind, column, _, _ in columns
    )
    missing = f" WHERE NOT EXISTS (SELECT FROM ({references}) used WHERE used.reference = lo.oid)" if references else ""
    found = f"FROM pg_catalog.pg_largeobject_metadata lo{missing}"
    outcome = attempt(
        session,
        lambda: (
            session.fetch(f"SELECT count(*) {found}")[0][0],
            session.fetch(f"SELECT lo.oid::text {found} ORDER BY lo.oid LIMIT 5"),
        ),
    )
    if isinstance(outcome, Failure):
        yield failure_finding(outcome, None, "large objects")
        return
    count, examples = outcome.value
    if count:
        yield Finding(
            code="orphaned-large-object",
            severity=Severity.WARNING,
            message=f"{'1 large object is' if count == 1 else f'{count} large objects are'} referred to by no column of type oid or lo",
            kind="large_object",
            count=count,
            examples=tuple(row[0] for row in examples),
            query=f"SELECT lo.oid {found}",
            remedy="SELECT lo_unlink(oid) for each, or run vacuumlo",
        )
