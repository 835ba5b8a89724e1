"""Identity columns whose sequence is gone: every INSERT that relies on them fails."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.integrity.records import Record
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import catalog_check
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

# From 17 on the columns of partitions are identity columns too, and share the partitioned table's sequence.
_SQL = """
SELECT t.identity || '.' || quote_ident(a.attname), t.identity, quote_ident(a.attname)
FROM scope t
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attidentity <> '' AND NOT a.attisdropped
WHERE NOT t.relispartition AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid
    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
      AND d.refobjid = t.oid AND d.refobjsubid = a.attnum AND d.deptype = 'i')
ORDER BY 1
"""


def _read(session: Session, scope: Scope) -> Iterator[Record]:
    for subject, table, column in session.fetch(scope.query(_SQL)):
        yield Finding(
            code="identity-without-sequence",
            severity=Severity.ERROR,
            message=f"{subject} is an identity column without a sequence",
            kind="column",
            subject=subject,
            remedy=f"ALTER TABLE {table} ALTER COLUMN {column} DROP IDENTITY, and add it again",
        )


CHECK = catalog_check("identity", "identity columns without a sequence", _read)
