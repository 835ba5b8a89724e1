"""One guarded run: what stands around ``context.run_migrations()`` when revisions are really run."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import BackupError
from alembic_safety.guard.blockers import PASSING, watching
from alembic_safety.guard.concurrently import clearing_invalid_indexes
from alembic_safety.guard.health import check_health
from alembic_safety.guard.inspection import Inspection
from alembic_safety.guard.journal import Journal
from alembic_safety.guard.log import log
from alembic_safety.guard.notes import collect, write_collected
from alembic_safety.guard.past import TAKE_BACK
from alembic_safety.guard.progress import Progress
from alembic_safety.guard.runner_lock import RunnerLock
from alembic_safety.guard.side import preparing_nothing
from alembic_safety.guard.statements import Statements
from alembic_safety.guard.stored import chain_in
from alembic_safety.guard.timeouts import timeouts
from alembic_safety.guard.transactions import Horizon, leaving_no_transaction, plainly
from alembic_safety.guard.written_since import WrittenByOthers
from alembic_safety.postgres.session import DirectSession, SqlalchemySession, sqlstate
from alembic_safety.revisions.internals import (
    doing_steps,
    has_open_transaction,
    is_in_foreign_transaction,
    is_transaction_per_migration,
)
from alembic_safety.revisions.isolation import isolation_of
from alembic_safety.revisions.module_data import renew_data

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from sqlalchemy import Connection

    from alembic_safety.guard.backup.before import Taken
    from alembic_safety.guard.inspection import Inspecting
    from alembic_safety.settings import Settings

_PAUSE_LONGEST = 30.0
#: Rows are written under this lock, which is held to the end of the transaction.
_WRITTEN = """
SELECT relation::int8 FROM pg_catalog.pg_locks
WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND mode = 'RowExclusiveLock' AND relation >= 16384
"""


class Run:
    """One guarded run of some steps, under the lock."""

    def __init__(
        self,
        context: EnvironmentContext,
        migration: MigrationContext,
        settings: Settings,
        lock: RunnerLock,
        journal: Journal,
        steps: list[RevisionStep],
        arguments: dict[str, Any],
        *,
        command: str,
        inspection: Inspecting | None = None,
        others: WrittenByOthers | None = None,
    ) -> None:
        self.context = context
        self.migration = migration
        self.settings = settings
        self.lock = lock
        self.arguments = arguments
        self.is_foreign = is_in_foreign_transaction(migration) or has_open_transaction(migration)
        self.per_migration = is_transaction_per_migration(migration)
        self.progress = Progress(migration, steps)
        #: What others wrote into what this run made.
        self.others = others or WrittenByOthers()
        self.inspection = inspection or Inspection(
            migration, settings, lock, self.others, is_upgrade=command == "upgrade"
        )
        self.command = command
        self.journal = journal
        #: The backup that was taken before anything was changed.
        self.backup: Taken | None = None
        #: By revision that left its transaction, the relations (OIDs) whose rows it may have written within it.
        self.written: dict[str, set[int]] = {}
        #: By revision, what was committed or at work when its transaction ended: whoever wrote later was not it.
        self.horizons: dict[str, Horizon] = {}

    def run(self) -> None:
        """Do the steps, again where a lock was not to be had."""
        connection = self.migration.connection
        assert connection is not None
        with leaving_no_transaction(connection):
            self._has_transactions = connection.get_isolation_level() != "AUTOCOMMIT"
            self._begin = timeouts(SqlalchemySession(connection), self.settings) if self._has_transactions else ()
            self.journal.begin(self.command, self.migration.get_current_heads())
        if self.journal.is_kept:
            collect(self.migration)
        try:
            self._migrate()
        except BaseException as error:
            self.journal.end(error)
            if isinstance(error, Exception) and self.command != TAKE_BACK:
                from alembic_safety.guard.takeback import after_failure

                after_failure(self)
            raise
        self.journal.end(None)

    def _migrate(self) -> None:
        connection = self.connection()
        with leaving_no_transaction(connection):
            self.inspection.before(self.progress.remaining())
        self.backup = None if self.command == TAKE_BACK else self._back_up()
        every = min(max((self.settings.lock_timeout or 2.0) / 4, 0.1), 1.0)
        before = self.migration.on_version_apply_callbacks
        self.half_done = self.journal.half_done(self.command)
        self.statements = Statements(connection, self.journal)
        with (
            self.statements.followed(),
            clearing_invalid_indexes(connection, self.settings.retries, pause),
            doing_steps(self.migration, self._remaining),
            self._autocommit_noticed(),
            preparing_nothing(connection) as self._as_wanted,
            watching(self.lock, every) as self.watch,
        ):
            self.migration.on_version_apply_callbacks = (*before, self._applied)
            try:
                self._until_done()
            finally:
                self.migration.on_version_apply_callbacks = before
                self._leave_nothing()
        if self.command != TAKE_BACK and not self.is_foreign:
            check_health(self.settings, self.journal)

    def _leave_nothing(self) -> None:
        """In the session, which env.py may go on to use."""
        connection = self.connection()
        if not self.is_foreign and not connection.in_transaction():
            with contextlib.suppress(Exception), leaving_no_transaction(connection):
                self.inspection.ends()

    def _back_up(self) -> Taken | None:
        """What the settings ask for, before any transaction is open."""
        if self.settings.backup in ("none", "off"):
            return None
        from alembic_safety.guard.backup.alone import alone
        from alembic_safety.guard.backup.before import back_up
        from alembic_safety.guard.backup.target import where_of

        revisions = tuple(step.revision.revision for step in self.progress.remaining())
        try:
            with leaving_no_transaction(self.connection()):
                where = where_of(self.migration, revisions)
        except BackupError as error:
            if self.settings.backup != "auto":
                raise
            log().warning("no backup can be taken: %s", error)
            return None
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
            for step in self.progress.remaining_at_start:
                renew_data(step.revision.module)
            try:
                return plainly(self.context, self.arguments)
            except Exception as error:
                attempt += 1
                if sqlstate(error) not in PASSING:
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
        self.settle()
        with leaving_no_transaction(self.connection()):
            self.inspection.look_again()
        if self.progress.half_done is not None:
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
        half_done = self.half_done.get(self.progress.current)
        # Before the transaction reads anything: at a higher isolation level it could not see the row that it is to complete.
        self.journal.step(self.progress.current, half_done)
        if begins:
            self._transaction_begins(step)
        self.inspection.step_begins(step, goes_on=half_done is not None)
        with (
            self.inspection.clearing(step, self.statements.paused),
            self.statements.of(self.progress.current, half_done),
            self._as_wanted(),
        ):
            body(**arguments)

    @property
    def first_statements(self) -> tuple[str, ...]:
        """What each transaction of the run begins with."""
        return self._begin

    def connection(self) -> Connection:
        """The migration's own."""
        assert self.migration.connection is not None
        return self.migration.connection

    def settle(self) -> None:
        """Find out what was committed, after a failure or at the end."""
        with leaving_no_transaction(self.connection()):
            self.progress.settle(self.migration.get_current_heads())
        for step in self.progress.remaining_at_start:
            self.horizons.pop(step.revision.revision, None)

    # -- transactions ---------------------------------------------------------------------------------------------------

    def _transaction_begins(self, step: RevisionStep) -> None:
        connection = self.connection()
        if isolation := self._isolation(step):
            # Alembic has read its version table in the first one, after which no level can be chosen.
            for sql in ("COMMIT AND CHAIN", isolation):
                SqlalchemySession(connection).execute(sql)
        self.watch.pid = self.journal.runs_on(SqlalchemySession(connection))
        if self._has_transactions:
            self.inspection.transaction_begins(self._begin)

    def _isolation(self, step: RevisionStep) -> str:
        """SQL that sets the isolation level which a revision with a transaction of its own asks for; '' for none."""
        if self.is_foreign or not self._has_transactions or not self.per_migration:
            return ""
        chain = chain_in(self.migration)
        return isolation_of(chain.by_id.get(step.revision.revision)) if chain is not None else ""

    @contextmanager
    def _autocommit_noticed(self) -> Iterator[None]:
        """A block outside of a transaction commits what was before it, and a new transaction begins after it."""
        original = self.migration.autocommit_block

        @contextmanager
        def noticed() -> Iterator[None]:
            self.progress.left_transaction()
            was_ended = not self.connection().in_transaction()
            if not self._has_transactions:
                self.journal.left_transaction(self.progress.current)
            else:
                done = self.statements.done
                with self.statements.paused():
                    session = SqlalchemySession(self.connection())
                    self.journal.done(self.progress.current, done, session)
                    found = {int(row[0]) for row in session.fetch(_WRITTEN)}
                    self.written.setdefault(self.progress.current, set()).update(found)
                    self._about_to_commit(session)
                    if was_ended:
                        self.connection().commit()  # the migration has done so before; what was written since is ours
            with original(), self.statements.outside():
                yield
            if self.connection().in_transaction():
                with self.statements.paused():
                    self._transaction_begins(self.progress.current_step)

        self.migration.autocommit_block = noticed  # type: ignore[method-assign]
        try:
            yield
        finally:
            del self.migration.autocommit_block

    def _applied(self, *, step: Any, heads: set[str], **_: Any) -> None:
        """Called by Alembic after each revision, inside its transaction."""
        session = DirectSession(self.connection())
        self.progress.applied(frozenset(heads))
        applied = self.journal.applied(self.progress.current)
        if not self._has_transactions:
            session.execute(applied)  # as soon as it is so: nothing takes it back
            applied = ""
        step_done = self.progress.current_step
        self.inspection.after_step(step_done)
        self.lock.side.transactions |= write_collected(self.migration, applied)
        if self.per_migration or self.progress.is_last:
            steps = [step_done] if self.per_migration else self.progress.remaining_at_start
            self.inspection.before_commit(steps, self.lock, owns_transaction=not self.is_foreign)
            self._about_to_commit(session)

    def _about_to_commit(self, session: SqlalchemySession) -> None:
        """The last question before a COMMIT: is the lock still ours, and what do others have at work? Raises GuardError."""
        # A number that is given out and done with, so that those of our savepoints are before what comes next.
        # Whether that connection was lost comes out below.
        with contextlib.suppress(Exception):
            self.lock.side.spend()
        horizon, is_locked = Horizon.now(session, self.lock.is_held)
        if not is_locked:
            self.lock.require()
        for step in self.progress.in_transaction():
            self.horizons.setdefault(step.revision.revision, horizon)
        self.horizons[self.progress.current] = horizon  # a part of it may have been committed before
        self.others.committing(session, horizon)
        if self.lock.is_pooled:
            self.journal.committing(horizon.xid)


def pause(attempt: int) -> float:
    """Seconds before a try: twice as long each time, and never the same for two migrations that met each other."""
    return min(0.5 * 2.0 ** (attempt - 1), _PAUSE_LONGEST) * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
