"""Statements that may fail, and checks at the time that a COMMIT would make them."""

from __future__ import annotations

import logging

from alembic_safety.postgres.catalog.batch import fetch_all
from alembic_safety.postgres.session import Session, sqlstate

log = logging.getLogger(__name__)
#: Errors that no other value would mend: the server stops or its files are damaged. ``XX000`` is none of them: functions of types raise it
#: for a value.
_BROKEN = ("57", "58", "08", "XX001", "XX002")
#: Names of constraints are not unique, and SET CONSTRAINTS refuses one that another constraint has which cannot be deferred: such a
#: constraint stays immediate.
_DEFERRED = """
SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.conname)
FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
WHERE c.condeferred AND c.conparentid = 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o
  WHERE o.conname = c.conname AND o.connamespace = c.connamespace AND NOT o.condeferrable)
"""


def check_deferred(session: Session) -> None:
    """Check what is deferred now, as a COMMIT would; it is deferred again afterwards. Raises the driver's own error."""
    deferred = [str(name) for (name,) in fetch_all(session, ["SET CONSTRAINTS ALL IMMEDIATE", _DEFERRED])[1]]
    if deferred:
        session.execute(f"SET CONSTRAINTS {', '.join(deferred)} DEFERRED")


def attempt(session: Session, sql: str) -> bool:
    """Run a statement in a savepoint of its own; whether it ran."""
    session.execute(
        "SAVEPOINT alembic_safety_fill"
    )  # by itself: the server reads a whole text before it runs any of it
    try:
        session.execute(f"{sql}\n; RELEASE SAVEPOINT alembic_safety_fill")
    except Exception as error:
        if sqlstate(error) is None or (sqlstate(error) or "").startswith(_BROKEN):
            raise
        log.debug("refused: %s: %s", sql, error)
        session.execute("ROLLBACK TO SAVEPOINT alembic_safety_fill; RELEASE SAVEPOINT alembic_safety_fill")
        return False
    return True


def unchecked(sql: str) -> str:
    """The same without triggers and checks of foreign keys (superusers may)."""
    return f"SET LOCAL session_replication_role = replica; {sql}; SET LOCAL session_replication_role = origin"
