"""Views and functions that a migration can break unseen: PostgreSQL keeps no dependency on what the body of a function names.

A view that calls a function in SQL is planned with that function's body in it, so it fails with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alembic_safety.integrity.checks.routines import check_routines, read_routines
from alembic_safety.integrity.checks.views import check_views, read_views
from alembic_safety.integrity.options import Options
from alembic_safety.integrity.records import Record
from alembic_safety.integrity.scope import open_scope, text_array
from alembic_safety.model.finding import Finding
from alembic_safety.postgres.session import Session

BROKEN_VIEW, BROKEN_ROUTINE = "broken-view", "broken-routine"

#: SQL: whether a view calls a function of the database's own, itself or by an operator. An index finds it.
ANY_VIEW_CALLS = """EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass,
    'pg_catalog.pg_operator'::pg_catalog.regclass) AND d.refobjid >= 16384 AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass)"""
_CALLING = """
WITH RECURSIVE calling(oid) AS (
    SELECT r.ev_class FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
    WHERE d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
      AND d.refobjid >= 16384 AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = d.refclassid AND e.objid = d.refobjid AND e.deptype = 'e')
    UNION
    SELECT r.ev_class FROM calling JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refobjid = calling.oid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
) SELECT c.oid FROM calling JOIN pg_catalog.pg_class c ON c.oid = calling.oid AND c.relkind IN ('v', 'm')
"""


def views_that_call(session: Session) -> list[int]:
    """OIDs of the views that call a function of the database's own, and of those over them."""
    return [int(row[0]) for row in session.fetch(_CALLING)]


def broken_views(session: Session, oids: Sequence[int]) -> list[Finding]:
    """Those of these views that can't be planned."""
    if not oids:
        return []
    scope = open_scope(session, Options()).limited(oids)
    return _of(BROKEN_VIEW, check_views(session, scope, read_views(session, scope)))


def oids_of(session: Session, findings: Iterable[Finding]) -> frozenset[int]:
    """OIDs of the views that these findings are about: a migration may give them other names."""
    names = sorted({str(finding.subject) for finding in findings if finding.code == BROKEN_VIEW})
    if not names:
        return frozenset()
    array = text_array(names)
    rows = session.fetch(f"SELECT pg_catalog.to_regclass(n)::pg_catalog.oid::int8 FROM pg_catalog.unnest({array}) n")
    return frozenset(int(row[0]) for row in rows if row[0] is not None)


def broken_routines(session: Session) -> list[Finding]:
    """The functions and procedures that don't compile."""
    return _of(BROKEN_ROUTINE, check_routines(session, read_routines(session, open_scope(session, Options()))))


def _of(code: str, records: Iterable[Record]) -> list[Finding]:
    return [record for record in records if isinstance(record, Finding) and record.code == code]
