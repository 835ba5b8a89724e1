"""Row security that shows nobody anything, and policies that protect nothing."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.integrity.records import Record
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import catalog_check
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

_SQL = """
SELECT t.identity, t.relrowsecurity, (SELECT count(*) FROM pg_catalog.pg_policy p WHERE p.polrelid = t.oid)
FROM scope t WHERE t.relkind IN ('r', 'p')
  AND t.relrowsecurity <> EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = t.oid)
ORDER BY 1
"""


def _read(session: Session, scope: Scope) -> Iterator[Record]:
    for table, on, policies in session.fetch(scope.query(_SQL)):
        if on:
            yield Finding(
                code="row-security-without-policy",
                severity=Severity.WARNING,
                message=f"row security of {table} is on without a policy: only its owner sees its rows",
                kind="table",
                subject=table,
                remedy=f"CREATE POLICY … ON {table}, or ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
            )
        else:
            yield Finding(
                code="policy-without-row-security",
                severity=Severity.WARNING,
                message=f"row security of {table} is off: its {'policy protects' if policies == 1 else 'policies protect'} nothing",
                kind="table",
                subject=table,
                count=policies,
                remedy=f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            )


CHECK = catalog_check("row-security", "row security without a policy, policies without row security", _read)
