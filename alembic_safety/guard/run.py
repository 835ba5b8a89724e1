"""``hooks.run(context)``: what stands around ``context.run_migrations()`` when revisions are really run."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any

from alembic_safety.guard.backup.alone import alone
from alembic_safety.guard.backup.before import Taken, back_up
from alembic_safety.guard.backup.target import where_of
from alembic_safety.guard.blockers import watching
from alembic_safety.guard.command import migrating_command
from alembic_safety.guard.concurrently import clearing_invalid_indexes
from alembic_safety.guard.inspection import Inspection
from alembic_safety.guard.journal import Journal
from alembic_safety.guard.log import log
from alembic_safety.guard.progress import Progress
from alembic_safety.guard.runner_lock import RunnerLock
from alembic_safety.guard.side import driver_pid
from alembic_safety.guard.stored import chain_in
from alembic_safety.guard.timeouts import timeouts
from alembic_safety.postgres.identifiers import qualified
from alembic_safety.postgres.session import SqlalchemySession, sqlstate
from alembic_safety.revisions.internals import (
    doing_steps,
    has_open_transaction,
    is_in_foreign_transaction,
    is_transaction_per_migration,
    steps_of,
)
from alembic_safety.settings import load_settings

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from sqlalchemy import Connection

    from alembic_safety.settings import Settings

_LOCK_NOT_AVAILABLE = "55P03"
_PAUSE_LONGEST = 30.0


def run(context: EnvironmentContext, **arguments: Any) -> None:
    """Run the migrations that the command asked for, guarded; every other command passes through as it is.

    :raises GuardError: nothing was begun, or what was begun is rolled back; the message says which.
    """
    migration: MigrationContext = context.get_context()
    config = migration.config
    command = migrating_command(migration)
    if command is None or config is None:
        return _plain(context, arguments)
    settings = load_settings(config)
    if not settings.enabled or not _steps(migration):
        return _plain(context, arguments)
    assert migration.connection is not None
    lock = RunnerLock(migration.connection, migration)
    try:
        lock.acquire(settings.lock_wait)
        # Whoever had the lock before us may have done it all.
        steps = _steps(migration)
        if steps:
            is_upgrade = command == "upgrade"
            Run(context, migration, settings, lock, steps, arguments, is_upgrade=is_upgrade).run()
        else:
            _plain(context, arguments)
    finally:
        lock.close()
    return None


def _plain(context: EnvironmentContext, arguments: dict[str, Any]) -> None:
    with nullcontext() if has_open_transaction(context.get_context()) else context.begin_transaction():
        context.run_migrations(**arguments)


def _steps(migration: MigrationContext) -> list[RevisionStep]:
    """What is to be done from where the database stands."""
    assert migration.connection is not None
    with leaving_no_transaction(migration.connection):
        return steps_of(migration, migration.get_current_heads())


@contextmanager
def leaving_no_transaction(connection: Connection) -> Iterator[None]:
    """Read something outside of the migration; a transaction that was open before stays open."""
    was_in = connection.in_transaction()
    try:
        yield
    finally:
        if not was_in and connection.in_transaction():
            connection.rollback()


class Run:
    """One guarded run of some steps, under the lock."""

    def __init__(
        self,
        context: EnvironmentContext,
        migration: MigrationContext,
        settings: Settings,
        lock: RunnerLock,
        steps: list[RevisionStep],
        arguments: dict[str, Any],
        *,
        is_upgrade: bool,
    ) -> None:
        self.context = context
        self.migration = migration
        self.settings = settings
        self.lock = lock
        self.arguments = arguments
        self.is_foreign = is_in_foreign_transaction(migration) or has_open_transaction(migration)
        self.per_migration = is_transaction_per_migration(migration)
        self.progress = Progress(migration, steps)
        self.inspection = Inspection(migration, settings, is_upgrade=is_upgrade)
        self.command = "upgrade" if is_upgrade else "downgrade"
        table = qualified(migration.version_table_schema, migration.version_table)
        self.journal = Journal(lock, table, settings.journal)

    def run(self) -> None:
        """Do the steps, again where a lock was not to be had."""
        connection = self.migration.connection
        assert connection is not None
        with leaving_no_transaction(connection):
            self._has_transactions = connection.get_isolation_level() != "AUTOCOMMIT"
            self._begin = timeouts(SqlalchemySession(connection), self.settings) if self._has_transactions else ""
            self.inspection.before(self.progress.remaining())
            self.journal.begin(self.command, self.migration.get_current_heads())
        try:
            self.backup = self._back_up()
        except BaseException as error:
            self.journal.end(error)
            raise
        every = min(max((self.settings.lock_timeout or 2.0) / 4, 0.1), 1.0)
        before = self.migration.on_version_apply_callbacks
        with (
            clearing_invalid_indexes(connection, self.settings.retries, pause),
            doing_steps(self.migration, self._remaining),
            self._autocommit_noticed(),
            watching(self.lock, every) as self.watch,
        ):
            self.migration.on_version_apply_callbacks = (*before, self._applied)
            try:
                self._until_done()
            except BaseException as error:
                self.journal.end(error)
                raise
            else:
                self.journal.end(None)
            finally:
                self.migration.on_version_apply_callbacks = before

    def _back_up(self) -> Taken | None:
        """What the settings ask for, before any transaction is open."""
        revisions = tuple(step.revision.revision for step in self.progress.remaining())
        with leaving_no_transaction(self._connection()):
            where = where_of(self.migration, revisions)
        return back_up(
            where,
            self.lock,
            self.journal,
            self.settings,
            chain_in(self.migration),
            is_upgrade=self.command == "upgrade",
            alone=None if self.is_foreign else alone(self.migration, self.lock, self.settings.lock_wait),
        )

    # -- trying ---------------------------------------------------------------------------------------------------------

    def _until_done(self) -> None:
        attempt = 0
        while True:
            try:
                return _plain(self.context, self.arguments)
            except Exception as error:
                attempt += 1
                if sqlstate(error) != _LOCK_NOT_AVAILABLE:
                    raise
                blockers = self.watch.take()
                shown = "".join(f"\n  blocked by {line}" for line in blockers)
                refusal = self._why_not_again(attempt)
                if refusal:
                    log().warning("a lock was not to be had: %s%s", refusal, shown)
                    raise
                seconds = pause(attempt)
                log().warning(
                    "a lock was not to be had, and the transaction was rolled back; trying again in %.1f s (%d of %d)%s",
                    seconds,
                    attempt,
                    self.settings.retries,
                    shown,
                )
                time.sleep(seconds)

    def _why_not_again(self, attempt: int) -> str:
        """Why a transaction that met a lock timeout is not tried again; '' where it is."""
        if self.is_foreign:
            return "not tried again, because env.py opened the transaction and has to begin it anew"
        if attempt > self.settings.retries:
            return f"given up after {self.settings.retries} retries"
        with leaving_no_transaction(self._connection()):
            self.progress.settle(self.migration.get_current_heads())
            self.inspection.look_again()
        if self.progress.is_half_done:
            return (
                f"revision {self.progress.current} is not tried again, because a part of it outside of a transaction "
                "has been committed"
            )
        return ""

    def _remaining(self) -> list[RevisionStep]:
        """The steps that are left, each setting up its transaction before it begins."""
        steps = self.progress.remaining()
        for index, step in enumerate(steps):
            begins = self.per_migration or index == 0
            body = self.progress.body(step)
            # Alembic tells the direction by the function's name.
            step.migration_fn = update_wrapper(partial(self._step, step, body, begins), body)
        return steps

    def _step(self, step: RevisionStep, body: Callable[..., Any], begins: bool, **arguments: Any) -> None:
        self.progress.begin(step)
        self.journal.step(self.progress.current)
        if begins:
            self._transaction_begins()
        body(**arguments)

    def _connection(self) -> Connection:
        assert self.migration.connection is not None
        return self.migration.connection

    # -- transactions ---------------------------------------------------------------------------------------------------

    def _transaction_begins(self) -> None:
        connection = self._connection()
        self.watch.pid = driver_pid(connection)
        if self._begin:
            SqlalchemySession(connection).execute(self._begin)
        if self._has_transactions:
            self.inspection.transaction_begins()

    @contextmanager
    def _autocommit_noticed(self) -> Iterator[None]:
        """A block outside of a transaction commits what was before it, and a new transaction begins after it."""
        original = self.migration.autocommit_block

        @contextmanager
        def noticed() -> Iterator[None]:
            self.progress.left_transaction()
            self.journal.left_transaction(self.progress.current)
            with original():
                yield
            if self._connection().in_transaction():
                self._transaction_begins()

        self.migration.autocommit_block = noticed  # type: ignore[method-assign]
        try:
            yield
        finally:
            del self.migration.autocommit_block

    def _applied(self, *, step: Any, heads: set[str], **_: Any) -> None:
        """Called by Alembic after each revision, inside its transaction."""
        self.progress.applied(frozenset(heads))
        self.journal.applied(SqlalchemySession(self._connection()), self.progress.current)
        step_done = self.progress.current_step
        self.inspection.after_step(step_done)
        if self.per_migration or self.progress.is_last:
            steps = [step_done] if self.per_migration else self.progress.remaining_at_start
            self.inspection.before_commit(steps, self.lock, owns_transaction=not self.is_foreign)
            self.lock.require()


def pause(attempt: int) -> float:
    """Seconds before a try: twice as long each time, and never the same for two migrations that met each other."""
    return min(0.5 * 2.0 ** (attempt - 1), _PAUSE_LONGEST) * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
