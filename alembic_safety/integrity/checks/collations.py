"""Collations that sort otherwise than when the indexes over them were built."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.integrity.records import Record
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import catalog_check
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.session import Session

_COLLATIONS = """
SELECT format('%I.%I', n.nspname, co.collname), co.collversion, pg_catalog.pg_collation_actual_version(co.oid),
       ARRAY(SELECT DISTINCT x.oid::regclass::text FROM scope t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid
             JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid WHERE co.oid = ANY (i.indcollation::oid[]) ORDER BY 1)
FROM pg_catalog.pg_collation co JOIN pg_catalog.pg_namespace n ON n.oid = co.collnamespace
WHERE co.collversion <> pg_catalog.pg_collation_actual_version(co.oid)
  -- initdb imports hundreds; those that nothing uses harm nobody
  AND (co.oid >= 16384 OR EXISTS (SELECT FROM scope t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid
                                  WHERE a.attcollation = co.oid AND a.attnum > 0 AND NOT a.attisdropped)
       OR EXISTS (SELECT FROM scope t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid
                  WHERE co.oid = ANY (i.indcollation::oid[])))
ORDER BY 1
"""

_DATABASE = """
SELECT quote_ident(db.datname), db.datcollversion, pg_catalog.pg_database_collation_actual_version(db.oid),
       ARRAY(SELECT DISTINCT x.oid::regclass::text FROM scope t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid
             JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid WHERE 100 = ANY (i.indcollation::oid[]) ORDER BY 1)
FROM pg_catalog.pg_database db WHERE db.datname = current_database()
  AND db.datcollversion <> pg_catalog.pg_database_collation_actual_version(db.oid)
"""


def _read(session: Session, scope: Scope) -> Iterator[Record]:
    for name, recorded, actual, indexes in session.fetch(scope.query(_COLLATIONS)):
        yield _finding("collation", name, recorded, actual, indexes, f"ALTER COLLATION {name} REFRESH VERSION")
    if scope.at_least(15):
        for name, recorded, actual, indexes in session.fetch(scope.query(_DATABASE)):
            refresh = f"ALTER DATABASE {name} REFRESH COLLATION VERSION"
            yield _finding("database", name, recorded, actual, indexes, refresh)


def _finding(kind: str, name: str, recorded: str, actual: str, indexes: list[str], refresh: str) -> Finding:
    what = "the default collation of database" if kind == "database" else "collation"
    return Finding(
        code="collation-version-mismatch",
        severity=Severity.ERROR if indexes else Severity.WARNING,
        message=f"{what} {name} was version {recorded} and is {actual} now: "
        f"{'1 index' if len(indexes) == 1 else f'{len(indexes)} indexes'} over it may be out of order",
        kind=kind,
        subject=name,
        count=len(indexes),
        examples=tuple(indexes[:5]),
        remedy=f"REINDEX what uses it, then {refresh}",
    )


CHECK = catalog_check("collations", "collations whose version changed under their indexes", _read)
