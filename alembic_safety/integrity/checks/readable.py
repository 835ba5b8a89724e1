"""What can't be read: tables without SELECT, rows behind row security, foreign tables, unlogged tables on a standby."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.integrity.records import NOT_CHECKED, Record, not_checked
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import catalog_check
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

#: More tables than this with the same reason are one finding.
_MOST = 20

_SQL = """
SELECT reason, array_agg(identity ORDER BY identity) FROM (
    SELECT identity, CASE
        WHEN relkind = 'f' THEN 'it is a foreign table'
        WHEN NOT pg_catalog.has_schema_privilege(relnamespace, 'USAGE') THEN 'no USAGE on its schema'
        WHEN NOT pg_catalog.has_table_privilege(oid, 'SELECT') THEN 'no SELECT on it'
        WHEN pg_catalog.row_security_active(oid) THEN 'row security hides rows of it from this role'
        ELSE 'it is unlogged, and this is a standby' END AS reason
    FROM scope WHERE relkind = 'f' OR (relkind IN ('r', 'p', 'm') AND NOT (readable OR partly))
) unread GROUP BY reason ORDER BY reason
"""


_COLUMNS = """
SELECT identity, array_agg(quote_ident(a.attname) ORDER BY a.attnum) FROM scope
JOIN pg_catalog.pg_attribute a ON a.attrelid = scope.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND NOT pg_catalog.has_column_privilege(scope.oid, a.attnum, 'SELECT')
WHERE relkind IN ('r', 'p', 'm') AND partly GROUP BY identity ORDER BY identity
"""


def _read(session: Session, scope: Scope) -> Iterator[Record]:
    for table, columns in session.fetch(scope.query(_COLUMNS)):
        yield Finding(
            code=NOT_CHECKED,
            severity=Severity.WARNING,
            message=f"{table} was checked in part only: no SELECT on its columns {', '.join(columns)}",
            kind="table",
            subject=table,
        )
    for reason, tables in session.fetch(scope.query(_SQL)):
        if len(tables) <= _MOST:
            for table in tables:
                yield not_checked(table, reason, kind="table")
            continue
        yield Finding(
            code=NOT_CHECKED,
            severity=Severity.WARNING,
            message=f"{len(tables)} tables were not checked: {reason}",
            kind="table",
            count=len(tables),
            examples=tuple(tables[:5]),
        )


CHECK = catalog_check("readable", "tables that could not be read, and why", _read)
