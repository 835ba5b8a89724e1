"""Constraints that PostgreSQL never verified for the rows of before, doesn't enforce at all, or can't for want of their index."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.integrity.records import Record
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import catalog_check
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

_SQL = """
SELECT t.identity || '.' || quote_ident(con.conname), 'ALTER TABLE ' || t.identity, quote_ident(con.conname), {enforced}, 'constraint'
FROM scope t JOIN pg_catalog.pg_constraint con ON con.conrelid = t.oid
WHERE NOT (con.convalidated AND {enforced})
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint up JOIN scope above ON above.oid = up.conrelid
                  WHERE up.oid = con.conparentid)
UNION ALL
SELECT format('%I.%I.%I', n.nspname, ty.typname, con.conname), format('ALTER DOMAIN %I.%I', n.nspname, ty.typname),
       quote_ident(con.conname), true, 'domain_constraint'
FROM pg_catalog.pg_constraint con
JOIN pg_catalog.pg_type ty ON ty.oid = con.contypid
JOIN pg_catalog.pg_namespace n ON n.oid = ty.typnamespace
WHERE NOT con.convalidated AND {domains}
ORDER BY 1
"""

# A foreign key names the index of what it refers to.
_WITHOUT_INDEX = """
SELECT t.identity || '.' || quote_ident(con.conname), con.contype::text
FROM scope t JOIN pg_catalog.pg_constraint con ON con.conrelid = t.oid
WHERE con.contype IN ('p', 'u', 'x', 'f') AND con.conparentid = 0
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = con.conindid)
ORDER BY 1
"""


def _read(session: Session, scope: Scope) -> Iterator[Record]:
    sql = _SQL.format(
        enforced="con.conenforced" if scope.at_least(18) else "true",
        domains="false" if scope.narrowed else scope.schema_condition,
    )
    for subject, alter, name, enforced, kind in session.fetch(scope.query(sql)):
        if enforced:
            yield Finding(
                code="constraint-not-valid",
                severity=Severity.WARNING,
                message=f"constraint {subject} is NOT VALID: rows from before it were never verified",
                kind=kind,
                subject=subject,
                remedy=f"{alter} VALIDATE CONSTRAINT {name}",
            )
        else:
            yield Finding(
                code="constraint-not-enforced",
                severity=Severity.INFO,
                message=f"constraint {subject} is NOT ENFORCED: any row is accepted",
                kind=kind,
                subject=subject,
                remedy=f"{alter} ALTER CONSTRAINT {name} ENFORCED",
            )
    for subject, kind in session.fetch(scope.query(_WITHOUT_INDEX)):
        lacks = "what it refers to has no unique index any more" if kind == "f" else "its index is gone"
        yield Finding(
            code="constraint-without-index",
            severity=Severity.ERROR,
            message=f"constraint {subject} can't be enforced: {lacks}",
            kind="constraint",
            subject=subject,
            remedy="Drop the constraint and add it again",
        )


CHECK = catalog_check("constraints", "constraints that are NOT VALID or NOT ENFORCED, or lack their index", _read)
