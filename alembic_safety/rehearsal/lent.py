"""The connection of an env.py that runs migrations inside a transaction of its own, lent out for as long as a rehearsal takes."""

# ruff: noqa: SLF001 - Alembic and SQLAlchemy have no public way to hand over a connection inside a transaction

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from alembic_safety.postgres.session import DirectSession

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection


class Lent:
    """Alembic's context works on a second connection of the same engine; the transaction of the first ends on the server, unseen by SQLAlchemy."""

    def __init__(self, context: MigrationContext) -> None:
        assert context.connection is not None
        self._context = context
        self._theirs = context.connection
        settings = session_settings(self._theirs)
        raw: Any = self._theirs.connection.dbapi_connection
        raw.commit()
        self.connection = self._theirs.engine.connect()
        apply_settings(self.connection, settings)
        self._hand(self.connection, inside=False)

    def give_back(self, connection: Connection) -> None:
        """Close ``connection``, the one that was worked on, and give the first back, alive: a copy of the database ends every session in it."""
        connection.close()
        raw: Any = self._theirs.connection
        try:
            cursor = raw.cursor()
            cursor.execute("SELECT 1")
            cursor.close()
        except Exception:  # noqa: BLE001 - whatever the driver raises for a session that was ended
            with suppress(Exception):
                raw.invalidate()
            self._theirs._dbapi_connection = self._theirs.engine.raw_connection()
        self._hand(self._theirs, inside=True)

    def _hand(self, connection: Connection, *, inside: bool) -> None:
        self._context.connection = self._context.impl.connection = connection
        self._context._in_external_transaction = inside


def session_settings(connection: Connection) -> dict[str, str]:
    """What env.py has set for its session, the role too."""
    session = DirectSession(connection)
    found = dict(session.fetch("SELECT name, setting FROM pg_catalog.pg_settings WHERE source IN ('session', 'user')"))
    ((role,),) = session.fetch("SELECT pg_catalog.current_setting('role')")
    return {**found, "role": str(role)}


def apply_settings(connection: Connection, settings: dict[str, str]) -> None:
    """Set in another session what ``session_settings`` found, for good; what may not be set is left."""
    session = DirectSession(connection)
    for name, value in settings.items():
        if name == "role" and value == "none":
            continue
        with suppress(Exception):
            session.fetch("SELECT pg_catalog.set_config(%s, %s, false)", (name, value))
    if connection.in_transaction():
        connection.commit()
