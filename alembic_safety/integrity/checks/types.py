"""Types that don't fit: references of another type than what they refer to, columns of a vanished type, old extensions."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.integrity.records import Record
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import catalog_check
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

# A domain over the same type is no mismatch; neither is varchar beside text, which share their operators.
_REFERENCES = """
SELECT t.identity || '.' || quote_ident(con.conname), t.identity || '.' || quote_ident(ca.attname), format_type(ca.atttypid, NULL),
       con.confrelid::regclass::text || '.' || quote_ident(pa.attname), format_type(pa.atttypid, NULL)
FROM scope t
JOIN pg_catalog.pg_constraint con ON con.conrelid = t.oid AND con.contype = 'f' AND con.conparentid = 0
CROSS JOIN LATERAL unnest(con.conkey, con.confkey) AS u(child, parent)
JOIN pg_catalog.pg_attribute ca ON ca.attrelid = con.conrelid AND ca.attnum = u.child
JOIN pg_catalog.pg_attribute pa ON pa.attrelid = con.confrelid AND pa.attnum = u.parent
JOIN pg_catalog.pg_type ct ON ct.oid = ca.atttypid
JOIN pg_catalog.pg_type pt ON pt.oid = pa.atttypid
WHERE CASE WHEN ct.typtype = 'd' THEN ct.typbasetype ELSE ct.oid END
   <> CASE WHEN pt.typtype = 'd' THEN pt.typbasetype ELSE pt.oid END
  AND NOT (ct.typcategory = 'S' AND pt.typcategory = 'S')
ORDER BY 1, 2
"""

_VANISHED = """
SELECT t.identity || '.' || quote_ident(a.attname), a.atttypid::oid
FROM scope t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_type ty WHERE ty.oid = a.atttypid) ORDER BY 1
"""

_EXTENSIONS = """
SELECT quote_ident(e.extname), e.extversion, a.default_version
FROM pg_catalog.pg_extension e LEFT JOIN pg_catalog.pg_available_extensions a ON a.name = e.extname
WHERE a.default_version IS DISTINCT FROM e.extversion ORDER BY 1
"""


def _read(session: Session, scope: Scope) -> Iterator[Record]:
    for subject, column, column_type, referenced, referenced_type in session.fetch(scope.query(_REFERENCES)):
        yield Finding(
            code="reference-type-mismatch",
            severity=Severity.WARNING,
            message=f"{column} is {column_type}, but refers to {referenced}, which is {referenced_type}",
            kind="constraint",
            subject=subject,
            remedy=f"Give {column} the type {referenced_type} before values stop fitting",
        )
    for column, oid in session.fetch(scope.query(_VANISHED)):
        yield Finding(
            code="missing-type",
            severity=Severity.ERROR,
            message=f"{column} has a type that is gone (OID {oid})",
            kind="column",
            subject=column,
            remedy="Restore the catalog from a backup; the column can't be read",
        )
    if scope.narrowed:
        return
    for name, version, available in session.fetch(_EXTENSIONS):
        yield Finding(
            code="extension-version-mismatch",
            severity=Severity.INFO if available else Severity.ERROR,
            message=f"extension {name} is at version {version}, the server "
            + (f"brings {available}" if available else "doesn't bring it any more"),
            kind="extension",
            subject=name,
            remedy=f"ALTER EXTENSION {name} UPDATE" if available else "Install the extension's files on the server",
        )


CHECK = catalog_check("types", "references of another type, vanished types, outdated extensions", _read)
