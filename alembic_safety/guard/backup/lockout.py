"""Whether anybody else could have written to a database since a moment when nobody was connected.

PostgreSQL counts the sessions of each database (``pg_stat_database.sessions``), and a session is counted before it is gone from
``pg_stat_activity``. So where nobody is connected, and no more sessions were counted than we made, nobody else was there. A crash
or a reset of the statistics, and versions that may lose a count (14), are no proof.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlalchemy

    from alembic_safety.postgres.server import Server

_OLDEST = 15
_COUNTS = """
SELECT d.oid::text, s.sessions, s.stats_reset::text, pg_catalog.pg_postmaster_start_time()::text
FROM pg_catalog.pg_database d JOIN pg_catalog.pg_stat_database s ON s.datid = d.oid WHERE d.oid = %s::oid
"""


@dataclass(kw_only=True)
class Lockout:
    """Counting since a moment when nobody was connected."""

    oid: str
    sessions: int
    reset: str | None
    started: str
    major: int
    #: The sessions that we have made since.
    own: int = field(default=0)

    @classmethod
    def begin(cls, server: Server, dbname: str) -> Lockout:
        """Begin to count; nobody is connected now."""
        row = (
            server.maintenance()
            .execute("SELECT oid::text FROM pg_catalog.pg_database WHERE datname = %s", [dbname])
            .fetchone()
        )
        assert row is not None
        oid, sessions, reset, started = _counts(server, row[0])
        return cls(oid=oid, sessions=sessions, reset=reset, started=started, major=server.major)

    def count_connections_of(self, connection: sqlalchemy.Connection) -> None:
        """Count what the project's engine connects from now on, our own side connections included."""
        from sqlalchemy import event

        def connected(*_: Any) -> None:
            self.own += 1

        event.listen(connection.engine.pool, "connect", connected)

    def doubt(self, server: Server) -> str:
        """Why it is not proven that nobody else was there; '' where it is. Nobody may be connected now."""
        if self.major < _OLDEST:
            return f"PostgreSQL {self.major} doesn't count sessions reliably"
        _, sessions, reset, started = _counts(server, self.oid)
        if (reset, started) != (self.reset, self.started) or sessions < self.sessions:
            return "the server or its statistics were started anew since it was taken"
        others = sessions - self.sessions - self.own
        if others == 1:
            return "another session was connected since it was taken"
        return f"{others} other sessions were connected since it was taken" if others > 0 else ""


def _counts(server: Server, oid: str) -> tuple[str, int, str | None, str]:
    row = server.maintenance().execute(_COUNTS, [oid]).fetchone()
    assert row is not None
    return str(row[0]), int(row[1]), row[2], str(row[3])
