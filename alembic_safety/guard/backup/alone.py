"""Leave a database to the server alone for a while: close every connection of ours, and be back as before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic_safety.errors import GuardError
from alembic_safety.postgres.identifiers import quote_ident, quote_literal
from alembic_safety.postgres.session import SqlalchemySession

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from alembic_safety.guard.runner_lock import RunnerLock

_SETTINGS = (
    "SELECT name, setting FROM pg_catalog.pg_settings WHERE source = 'session' AND context IN ('user', 'superuser')"
)


def close_all(migration: MigrationContext, lock: RunnerLock) -> None:
    """Close the migration's connection, those of the project's pool, and our own."""
    connection = migration.connection
    assert connection is not None
    connection.rollback()
    connection.invalidate()
    connection.engine.dispose()
    lock.close()


@contextmanager
def alone(migration: MigrationContext, lock: RunnerLock, longest: float | None) -> Iterator[Connection]:
    """Within the block no connection of ours is open (it is given all the same, for its engine); after it the same session is there again, with its settings and the lock.

    :param longest: seconds to wait for the lock afterwards.
    :raises GuardError: somebody else has migrated meanwhile, or has the lock.
    """
    connection = migration.connection
    assert connection is not None
    session = SqlalchemySession(connection)
    isolation = connection.get_isolation_level()
    heads = migration.get_current_heads()
    settings = session.fetch(_SETTINGS)
    current, login = session.fetch("SELECT current_user::text, session_user::text")[0]
    close_all(migration, lock)
    try:
        yield connection
    finally:
        lock.reopen()
        if isolation != connection.get_isolation_level():
            connection.execution_options(isolation_level=isolation)
        if current != login:
            session.execute(f"SET ROLE {quote_ident(current)}")
        for name, value in settings:
            session.fetch(f"SELECT pg_catalog.set_config({quote_literal(name)}, {quote_literal(value)}, false)")
        if connection.in_transaction():
            connection.commit()
    lock.acquire(longest)
    if migration.get_current_heads() != heads:
        raise GuardError("somebody else has migrated while the database was being copied: run again")
    connection.rollback()
