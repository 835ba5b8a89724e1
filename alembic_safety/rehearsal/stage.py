"""Where revisions are run and looked at: a scratch database at some state of the chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from alembic_safety.downgrade.concurrently import is_concurrent, within_transaction
from alembic_safety.errors import RehearsalError
from alembic_safety.postgres.catalog import Exclusions, read_delta, read_snapshot
from alembic_safety.postgres.session import sqlstate
from alembic_safety.rehearsal.alive import staying_alive
from alembic_safety.rehearsal.lines import run_lines
from alembic_safety.rehearsal.rows.sequences import positions
from alembic_safety.rehearsal.transactions import NO_TRANSACTION, LeftTransaction, Transactions
from alembic_safety.revisions.module_data import renew_data
from alembic_safety.revisions.preserve import POLICY, finish, forget_callbacks, policy
from alembic_safety.revisions.refresh import QUIETLY

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, MigrationStep
    from alembic.script import Script

    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.rehearsal.touched import Touched


_BROKEN_TRANSACTION = "25P02"


class Stage(Transactions):
    """A scratch database at some state of the chain, seen through env.py's own connection."""

    def __init__(
        self,
        context: MigrationContext,
        excluded: Exclusions,
        arguments: Mapping[str, Any] | None = None,
        *,
        edges: bool = True,
    ) -> None:
        super().__init__(context)
        #: Revisions that the version table holds.
        self.heads: set[str] = set()
        self.excluded = excluded
        #: Whether the revision that runs is rehearsed with real commits, and what it was seen to execute.
        self.leaves = False
        self.executed: list[str] = []
        #: What env.py hands to every upgrade() and downgrade().
        self.arguments = dict(arguments or {})
        #: Lines of Python that keep rows before an upgrade; None: what its own file says.
        self.block: Sequence[str] | None = None
        #: Revisions whose file has a block that no longer fits them: they are run without.
        self.outdated: set[str] = set()
        #: Whether what would leave the transaction runs within it.
        self._bends = False
        #: Whether the session may have temporary objects.
        self.may_have_temporary = True
        #: Whether snapshots are to have their edges.
        self.edges = edges
        self._counted: dict[str, int] | None = None
        #: What is known of the committed state; None: to be read again.
        self.files: dict[int, int] | None = None
        self.positions: dict[int, tuple[int | None, int]] | None = None
        context.on_version_apply_callbacks = ()  # they notify others of real upgrades; this is none
        context.opts[QUIETLY] = True
        context.opts[POLICY] = "exact"  # what a downgrade gives back is rehearsed whatever the project's policy is

    # -- transactions -------------------------------------------------------------------------------------------------

    def begin(self, *, counting: bool = False) -> None:
        """Open the transaction of one revision; ``counting`` lets ``rows_written`` tell what is written in it."""
        super().begin()
        self._counted = self._row_counters() if counting else None

    @property
    def fresh_files(self) -> dict[int, int] | None:
        """The files of all tables, in a transaction that counts scans from zero; None where that can't be said."""
        return self.files if self._xid is not None and self._flushes else None

    def commit(self, seen: Touched | None = None) -> None:
        """Commit it. ``seen`` is what it touched, where what is known of the committed state shall be kept up to date."""
        moved = positions(self.session, seen.sequences) if seen is not None and seen.sequences else {}
        super().commit()
        if seen is None or self.files is None or self.positions is None:
            self.files = self.positions = None
            return
        self.files.update((oid, node) for oid, node in seen.locked.items() if node is not None)
        self.positions.update(moved)

    @contextmanager
    def staying_in_transaction(self) -> Iterator[None]:
        """Inside, a migration that asks for an autocommit block raises LeftTransaction instead of committing."""

        def refuse() -> Any:
            raise LeftTransaction

        with nullcontext() if self._bends else self._autocommit_block(refuse):
            yield

    @contextmanager
    def bending_into_transaction(self) -> Iterator[None]:
        """Inside, autocommit blocks are none, and indexes are built and dropped without CONCURRENTLY."""
        from sqlalchemy import event

        def bend(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
            return within_transaction(statement), parameters

        watched = self.connection
        event.listen(watched, "before_cursor_execute", bend, retval=True)
        self._bends = True
        try:
            with self._autocommit_block(nullcontext):
                yield
        finally:
            self._bends = False
            event.remove(watched, "before_cursor_execute", bend)

    @contextmanager
    def _autocommit_block(self, replacement: Callable[[], Any]) -> Iterator[None]:
        attributes = vars(self.context)
        outer = attributes.get("autocommit_block")
        attributes["autocommit_block"] = replacement
        try:
            yield
        finally:
            attributes["autocommit_block"] = outer
            if outer is None:
                del attributes["autocommit_block"]

    # -- what happens in them ------------------------------------------------------------------------------------------
    def apply(self, step: MigrationStep) -> None:
        """Run one revision's upgrade or downgrade, and move the version table along. Raises whatever it raises."""
        from alembic_safety.rehearsal.heads import Heads

        maintainer = Heads(self.context, self.heads, self.session)
        self.may_have_temporary = True
        self.forget_run(step.info.up_revision_id or "")  # type: ignore[attr-defined]  # as below
        forget_callbacks(self.context)
        with staying_alive(), self.preserving(step.info.up_revision_id or "", is_upgrade=step.is_upgrade):  # type: ignore[attr-defined]
            step.migration_fn(**self.arguments)
        try:
            self.finish_preserving(step.info.up_revision_id or "")  # type: ignore[attr-defined]  # as below
            maintainer.move(step)  # type: ignore[arg-type]  # RevisionStep is what we give
        except Exception as error:
            if sqlstate(error) == _BROKEN_TRANSACTION:
                raise RehearsalError(
                    "it caught an error of the database and went on: the transaction is broken, nothing of it can be committed"
                ) from error
            raise
        self.heads = maintainer.heads

    @property
    def saw_concurrently(self) -> bool:
        """Whether the revision that runs was seen to build or drop an index CONCURRENTLY."""
        return any(map(is_concurrent, self.executed))

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """Within the block a revision is rehearsed with real commits."""
        self.leaves = True
        try:
            with self.noting():
                yield
        finally:
            self.leaves = False
            self.executed = []

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Within the block, what this connection executes is noted."""
        from sqlalchemy import event

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            self.executed.append(statement)

        watched = self.connection
        event.listen(watched, "before_cursor_execute", note)
        try:
            yield
        finally:
            event.remove(watched, "before_cursor_execute", note)

    @contextmanager
    def preserving(self, revision: str, *, is_upgrade: bool = True) -> Iterator[None]:
        """Run an upgrade as if ``block`` stood at its start, in the place of the one that its file may have."""
        block = () if self.block is None and revision in self.outdated else self.block
        if block is None or not is_upgrade:
            yield
            return
        run_lines(self.context, block, revision)
        with policy(self.context, "schema"):
            yield

    def finish_preserving(self, revision: str) -> None:
        """Do what Alembic's own loop calls after an upgrade that keeps rows. Raises PreservationError."""
        if self.context.on_version_apply_callbacks:
            forget_callbacks(self.context)
            finish(self.context, revision)

    def forget_run(self, revision: str) -> None:
        """Take back what an earlier run of a revision left in this process: a real one runs in a process of its own.

        SQLAlchemy forgets which enum types it created, and data at the top of the revision's file is what it was.
        """
        self.context.impl.memo.clear()
        script = self.context.script.get_revision(revision) if self.context.script is not None else None
        if script is not None:
            renew_data(script.module)

    def end_session(self) -> None:
        """Drop temporary tables: what runs next would run in a session of its own, after the COMMIT that drops them."""
        if self.may_have_temporary:
            self.session.execute("DISCARD TEMP")

    def step_back(self, script: Script) -> None:
        """Move the version table back by one revision, whose downgrade was done in another way."""
        from alembic.runtime.migration import RevisionStep

        from alembic_safety.rehearsal.heads import Heads

        assert self.context.script is not None
        maintainer = Heads(self.context, self.heads, self.session)
        step = RevisionStep(self.context.script.revision_map, script, True)
        step.is_upgrade = False  # not made as a downgrade: the module may have no such function
        maintainer.move(step)
        self.heads = maintainer.heads

    def snapshot(self, base: Snapshot | None = None, *, edges: bool | None = None) -> Snapshot:
        """The catalog as this transaction sees it; quicker where ``base`` is an earlier state of the same transaction, or the one before it.

        :param edges: whether it is to have its edges (None: as the stage was told).
        :raises LeftTransaction: the transaction is not the one that ``begin`` opened (only seen with ``base``).
        """
        wanted = self.edges if edges is None else edges
        if base is None or self._xid is None:
            return read_snapshot(self.session, exclude=self.excluded, edges=wanted)
        try:
            found = read_delta(
                self.session,
                base,
                self._xid,
                self.excluded,
                start=self._start,
                edges=wanted,
                kept=self._kept,
                marking=True,
            )
        except Exception as error:
            if sqlstate(error) == NO_TRANSACTION:
                raise LeftTransaction from error
            raise
        if found.moment is None or found.moment.transaction != self._xid:
            raise LeftTransaction
        self.may_have_temporary = found.moment.temporary
        return found

    def full_snapshot(self) -> Snapshot:
        """The committed catalog, read whole in a transaction of its own."""
        self.files = self.positions = None
        if not self.autocommits:
            snapshot = read_snapshot(self.session, exclude=self.excluded, edges=self.edges)
            self._end()
            return snapshot
        self.begin()
        try:
            return read_snapshot(self.session, exclude=self.excluded, edges=self.edges)
        finally:
            self.rollback()

    def rows_written(self) -> dict[str, int]:
        """Rows inserted, updated and deleted per table in this transaction so far."""
        if self._counted is None:
            raise RuntimeError("this transaction was begun without counting")
        now = self._row_counters()
        written = {name: count - self._counted.get(name, 0) for name, count in now.items()}
        return {name: count for name, count in written.items() if count > 0}

    def _row_counters(self) -> dict[str, int]:
        # These counters hold what the session has not reported yet, so also rows of its last transactions.
        rows = self.session.fetch(
            "SELECT relid::pg_catalog.regclass::text, n_tup_ins + n_tup_upd + n_tup_del "
            "FROM pg_catalog.pg_stat_xact_user_tables WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
        )
        return {
            name: int(count)
            for name, count in rows
            if name.rpartition(".")[2] not in self.excluded.tables
            and name.partition(".")[0] not in self.excluded.schemas
        }
