"""The scratch database of a run, and copies of it to return to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_safety.postgres.databases import Database
    from alembic_safety.postgres.server import Server
    from alembic_safety.rehearsal.stage import Stage


class Copy:
    """A copy of the scratch database at one state."""

    def __init__(self, place: Place, stage: Stage, saved: Database, settings: dict[str, str]) -> None:
        self._place = place
        self._stage = stage
        self._saved = saved
        #: Of the session, when the copy was made: a migration that failed may have left others.
        self._settings = settings

    def restore(self) -> None:
        """Make the copy's state the scratch database's again ; the copy stays."""
        place, stage = self._place, self._stage
        stage.disconnect()
        try:
            # The copy stays a copy as long as the block lasts: it may be needed once more.
            again = place.server.create_database(template=self._saved)
            place.server.replace_database(place.database, again)
        finally:
            stage.reconnect(self._settings)

    def drop(self) -> None:
        """Remove the copy."""
        self._place.server.drop_database(self._saved)


class Place:
    """Where a run happens."""

    def __init__(self, server: Server, database: Database) -> None:
        self.server = server
        self.database = database

    @contextmanager
    def copy(self, stage: Stage) -> Iterator[Copy]:
        """A copy of the database as it is now; the stage's connection is closed and opened again for it."""
        settings = stage.disconnect()
        try:
            saved = self.server.create_database(template=self.database)
        finally:
            stage.reconnect(settings)
        copy = Copy(self, stage, saved, settings)
        try:
            yield copy
        finally:
            copy.drop()

    def stop_everything(self, own_pid: int) -> None:
        """End what runs too long: cancel our own backend's statement, and end every other session in the scratch database."""
        # The watching thread must outlive a server that is just going away.
        with suppress(Exception), self.server.connect(autocommit=True) as connection:
            connection.execute(
                "SELECT CASE WHEN pid = %s THEN pg_catalog.pg_cancel_backend(pid) "
                "ELSE pg_catalog.pg_terminate_backend(pid) END "
                "FROM pg_catalog.pg_stat_activity WHERE datname = %s AND pid <> pg_catalog.pg_backend_pid()",
                (own_pid, self.database.name),
            )
