"""Indexes that PostgreSQL doesn't use or doesn't keep: what a failed or killed CREATE INDEX CONCURRENTLY leaves behind."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.integrity.records import Record
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import catalog_check
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

_SQL = """
SELECT format('%I.%I', xn.nspname, x.relname), t.identity, i.indisvalid, i.indisready, i.indislive, x.relkind::text,
       x.relname ~ '_cc(new|old)[0-9]*$',
       EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
FROM (SELECT oid, identity FROM scope
      UNION ALL
      -- REINDEX TABLE CONCURRENTLY builds the index of the values that are stored apart, too
      SELECT c.reltoastrelid, scope.identity FROM scope JOIN pg_catalog.pg_class c ON c.oid = scope.oid WHERE c.reltoastrelid <> 0) t
JOIN pg_catalog.pg_index i ON i.indrelid = t.oid
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_namespace xn ON xn.oid = x.relnamespace
WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
ORDER BY 1
"""


def _read(session: Session, scope: Scope) -> Iterator[Record]:
    for index, table, valid, ready, live, kind, leftover, in_progress in session.fetch(scope.query(_SQL)):
        remedy = f"DROP INDEX CONCURRENTLY {index}; then create it again"
        if in_progress:
            state, severity, remedy = "is being built right now", Severity.INFO, "Wait until it is done"
        elif kind == "I":
            state, severity = "is INVALID: not every partition has its part of it", Severity.WARNING
            remedy = f"Create the missing indexes on the partitions and ALTER INDEX {index} ATTACH PARTITION each"
        elif not live:
            state, severity = "is half dropped", Severity.ERROR
        elif not ready:
            state, severity = "is half built, and not kept up to date", Severity.ERROR
        elif not valid:
            state, severity = "is INVALID: kept up to date, but no query uses it", Severity.ERROR
        else:
            continue
        if leftover and not in_progress:
            state, remedy = f"{state} (left behind by REINDEX CONCURRENTLY)", f"DROP INDEX CONCURRENTLY {index}"
        yield Finding(
            code="invalid-index",
            severity=severity,
            message=f"index {index} of {table} {state}",
            kind="index",
            subject=index,
            table=table,
            remedy=remedy,
        )


CHECK = catalog_check("indexes", "INVALID and half-built indexes", _read)
