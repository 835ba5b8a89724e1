"""Tables without a primary key: their rows can't be named, replicated by key, or restored one by one."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.integrity.records import Record
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import catalog_check
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

_SQL = """
SELECT t.identity FROM scope t
WHERE t.relkind IN ('r', 'p')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = t.oid AND i.indisprimary)
  AND NOT (t.relispartition AND EXISTS (SELECT FROM pg_catalog.pg_inherits h JOIN scope above ON above.oid = h.inhparent
                                        WHERE h.inhrelid = t.oid))
ORDER BY 1
"""


def _read(session: Session, scope: Scope) -> Iterator[Record]:
    for (table,) in session.fetch(scope.query(_SQL)):
        yield Finding(
            code="no-primary-key",
            severity=Severity.WARNING,
            message=f"table {table} has no primary key",
            kind="table",
            subject=table,
            remedy=f"ALTER TABLE {table} ADD PRIMARY KEY (…)",
        )


CHECK = catalog_check("primary-keys", "tables without a primary key", _read)
