"""Who keeps the migration waiting, looked at from beside it while it waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_safety.guard.runner_lock import RunnerLock

#: States of an error that was met with another session, so that a second try may succeed: lock not available, deadlock.
PASSING = frozenset({"55P03", "40P01"})
_QUERY = """
SELECT b.pid, b.application_name, b.usename, b.state, pg_catalog.left(pg_catalog.regexp_replace(b.query, '\\s+', ' ', 'g'), 120),
       pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - coalesce(b.xact_start, b.query_start, b.backend_start))::text
FROM pg_catalog.pg_stat_activity m
CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(m.pid)) AS blocking(pid)
JOIN pg_catalog.pg_stat_activity b ON b.pid = blocking.pid
WHERE m.pid = {pid} AND m.wait_event_type = 'Lock'
"""


class Watch:
    """Looks every now and then who blocks the migration; the last answer is kept.

    Only with drivers whose connections may be used from a second thread (not asyncpg): otherwise it knows nothing.
    """

    def __init__(self, lock: RunnerLock, every: float) -> None:
        self._lock = lock
        self._every = every
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        #: The migration's process in the server, as soon as it is known.
        self.pid: int | None = None
        self._seen: tuple[str, ...] = ()

    def start(self) -> None:
        """Begin to look."""
        if not self._lock.side.connection.dialect.is_async:
            self._thread = threading.Thread(target=self._run, name="alembic-safety-watch", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            if self.pid is None:
                continue
            try:
                rows = self._lock.side.fetch(_QUERY.format(pid=int(self.pid)))
            except Exception:  # noqa: BLE001, S112 - whoever needs the lock finds out that its connection is lost
                continue
            if rows:
                self._seen = tuple(_words(*row) for row in rows)

    def take(self) -> tuple[str, ...]:
        """Who was seen last, a sentence each; forgotten with that."""
        seen, self._seen = self._seen, ()
        return seen


def _words(
    pid: int, application: str | None, user: str | None, state: str | None, query: str | None, age: str | None
) -> str:
    parts = [f"process {pid}"]
    parts += [f"application {application!r}"] if application else []
    parts += [f"user {user}"] if user else []
    parts += [f"in a transaction for {age}"] if age else []
    parts += [state] if state else []
    parts += [f"query: {query}"] if query else []
    return ", ".join(parts)


@contextmanager
def watching(lock: RunnerLock, every: float) -> Iterator[Watch]:
    """A watch that looks every so many seconds, within the block."""
    watch = Watch(lock, every)
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()
