"""The turn of one who migrates: the lock, the journal, and what an interrupted run left, told of before anything else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic_safety.guard.journal import Journal
from alembic_safety.guard.runner_lock import RunnerLock
from alembic_safety.postgres.identifiers import qualified

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from alembic_safety.settings import Settings


@contextmanager
def our_turn(migration: MigrationContext, settings: Settings) -> Iterator[tuple[RunnerLock, Journal]]:
    """Within the block nobody else migrates; where the database stands is to be asked there.

    :raises GuardError: somebody else did all the time, or a part of an interrupted run is still at work, and cannot be ended.
    """
    assert migration.connection is not None
    lock = RunnerLock(migration.connection, migration)
    try:
        lock.acquire(settings.lock_wait)
        journal = Journal(lock, qualified(migration.version_table_schema, migration.version_table), settings.journal)
        journal.close_interrupted(journal.open(settings.lock_wait))
        yield lock, journal
    finally:
        lock.close()
