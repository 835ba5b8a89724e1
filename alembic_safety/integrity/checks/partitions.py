"""Partitions that an interrupted DETACH PARTITION CONCURRENTLY left half detached: new queries pass their rows over."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.integrity.records import Record
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import catalog_check
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

_SQL = """
SELECT t.identity, format('%I.%I', n.nspname, above.relname)
FROM scope t JOIN pg_catalog.pg_inherits h ON h.inhrelid = t.oid AND h.inhdetachpending
JOIN pg_catalog.pg_class above ON above.oid = h.inhparent JOIN pg_catalog.pg_namespace n ON n.oid = above.relnamespace
ORDER BY 1
"""


def _read(session: Session, scope: Scope) -> Iterator[Record]:
    for partition, parent in session.fetch(scope.query(_SQL)):
        yield Finding(
            code="partition-half-detached",
            severity=Severity.ERROR,
            message=f"partition {partition} is half detached from {parent}: queries of {parent} do not see its rows",
            kind="table",
            subject=partition,
            remedy=f"ALTER TABLE {parent} DETACH PARTITION {partition} FINALIZE",
        )


CHECK = catalog_check("partitions", "partitions left half detached", _read)
