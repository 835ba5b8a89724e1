"""What an interrupted run left: settled and told of, before the next one begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from alembic_safety.guard.journal import Journal
    from alembic_safety.guard.runner_lock import RunnerLock
    from alembic_safety.settings import Settings


def recover(migration: MigrationContext, settings: Settings, lock: RunnerLock, journal: Journal) -> None:
    """Under the lock, before anybody asks where the database stands.

    :raises GuardError: a part of an interrupted run is still at work, and cannot be ended.
    """
    del migration, lock
    journal.close_interrupted(journal.open(settings.lock_wait))
