"""The connection that env.py made, with us in control of its transactions."""

# ruff: noqa: SLF001 - Alembic has no public way to hand over its transaction

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from alembic_safety.downgrade.concurrently import is_concurrent, within_transaction
from alembic_safety.errors import RehearsalError
from alembic_safety.postgres import own_schema
from alembic_safety.postgres.catalog import Exclusions, kept_statements, read_delta, read_snapshot, read_start
from alembic_safety.postgres.catalog.batch import fetch_all
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.postgres.session import DirectSession, sqlstate
from alembic_safety.rehearsal.alive import staying_alive
from alembic_safety.rehearsal.lent import Lent, apply_settings, session_settings
from alembic_safety.rehearsal.lines import run_lines
from alembic_safety.rehearsal.rows.sequences import positions
from alembic_safety.revisions.module_data import renew_data
from alembic_safety.revisions.preserve import POLICY, finish, forget_callbacks, policy
from alembic_safety.revisions.refresh import QUIETLY

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, MigrationStep
    from alembic.script import Script
    from sqlalchemy import Connection

    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.postgres.catalog import Start
    from alembic_safety.rehearsal.touched import Touched


_BROKEN_TRANSACTION = "25P02"
_NO_SUCH_STATEMENT = "26000"
_NO_TRANSACTION = "25P01"
_NO_SUCH_SAVEPOINT = "3B001"


class LeftTransaction(Exception):  # noqa: N818 - a signal between our own modules, never shown
    """A migration asked for autocommit, or ended the transaction that it was given."""


class Stage:
    """A scratch database at some state of the chain, seen through env.py's own connection."""

    def __init__(
        self,
        context: MigrationContext,
        excluded: Exclusions,
        arguments: Mapping[str, Any] | None = None,
        *,
        edges: bool = True,
    ) -> None:
        if context.connection is None:
            raise RehearsalError("env.py configured no connection: a rehearsal needs one")
        self.context = context
        self.connection: Connection = context.connection
        #: Revisions that the version table holds.
        self.heads: set[str] = set()
        self.excluded = excluded
        #: Whether the revision that runs is rehearsed with real commits, and what it was seen to execute.
        self.leaves = False
        self.executed: list[str] = []
        #: What env.py hands to every upgrade() and downgrade().
        self.arguments = dict(arguments or {})
        #: env.py's own connection, where it runs migrations in a transaction that it began itself.
        self._lent = Lent(context) if context._in_external_transaction else None
        if self._lent is not None:
            self.connection = self._lent.connection
        self._callers_transaction = context._transaction is not None
        #: Lines of Python that keep rows before an upgrade; None: what its own file says.
        self.block: Sequence[str] | None = None
        #: Revisions whose file has a block that no longer fits them: they are run without.
        self.outdated: set[str] = set()
        #: Whether what would leave the transaction runs within it.
        self._bends = False
        #: SQL that sets the isolation level which the revision asks for, before anything else in each transaction; '' for none.
        self.isolation = ""
        #: Whether the session may have temporary objects.
        self.may_have_temporary = True
        #: Whether snapshots are to have their edges.
        self.edges = edges
        self._xid: int | None = None
        self._last_xid: int | None = None
        self._start: Start | None = None
        #: Whether each transaction ends with the server's counts reported, so that the next one counts from zero.
        self._flushes = int((self.connection.dialect.server_version_info or (0,))[0]) >= 15
        #: The statements that our readers keep prepared on the server.
        self._kept: set[str] = set()
        self._counted: dict[str, int] | None = None
        #: What is known of the committed state; None: to be read again.
        self.files: dict[int, int] | None = None
        self.positions: dict[int, tuple[int | None, int]] | None = None
        if self._callers_transaction and self._lent is None:
            assert context._transaction is not None
            context._transaction.commit()
            context._transaction = None
        elif self.connection.in_transaction():
            self.connection.commit()
        context.on_version_apply_callbacks = ()  # they notify others of real upgrades; this is none
        context.opts[QUIETLY] = True
        context.opts[POLICY] = "exact"  # what a downgrade gives back is rehearsed whatever the project's policy is
        # The isolation level of an engine in AUTOCOMMIT reads as the server's own: the driver knows.
        self.autocommits = bool(getattr(self.connection.connection.dbapi_connection, "autocommit", False))
        #: Process id of our server backend; another one after every ``reconnect``.
        self.pid = self._backend_pid()
        self._keep_prepared()
        self._end()

    def _keep_prepared(self) -> None:
        # psycopg follows each ROLLBACK by DEALLOCATE ALL once it has prepared something itself: our readers' statements would go.
        driver: Any = self.connection.connection.driver_connection
        if hasattr(driver, "prepare_threshold"):
            driver.prepare_threshold = None
        self._kept = kept_statements(self.session)

    def give_back(self) -> None:
        """Leave the connection in the state in which env.py expects it."""
        self._end()
        if self._lent is not None:
            self._lent.give_back(self.connection)
        elif self._callers_transaction:
            self.context._transaction = self.connection.begin()

    # -- transactions -------------------------------------------------------------------------------------------------
    @property
    def session(self) -> DirectSession:
        """The connection as our readers want it."""
        return DirectSession(self.connection)

    def begin(self, *, counting: bool = False) -> None:
        """Open the transaction of one revision; ``counting`` lets ``rows_written`` tell what is written in it."""
        self._open()
        try:
            self._xid, self._start = read_start(self.session, self._kept, flush=self._flushes)
        except Exception as error:
            if sqlstate(error) != _NO_SUCH_STATEMENT:
                raise
            self._open()
            self._kept = kept_statements(self.session)  # a migration has deallocated what there was
            self._xid, self._start = read_start(self.session, self._kept, flush=self._flushes)
        self._last_xid = self._xid
        self._counted = self._row_counters() if counting else None

    def _open(self) -> None:
        self.begin_plain()
        if self.autocommits:
            self.session.execute("BEGIN")  # SQLAlchemy doesn't, and our reading needs a transaction

    @property
    def fresh_files(self) -> dict[int, int] | None:
        """The files of all tables, in a transaction that counts scans from zero; None where that can't be said."""
        return self.files if self._xid is not None and self._flushes else None

    @property
    def kept(self) -> set[str] | None:
        """The statements of ours that the session keeps, in a transaction that ``begin`` opened."""
        return self._kept if self._xid is not None else None

    def begin_plain(self) -> None:
        """Open a transaction that the migration may end and reopen."""
        self._end()
        self.context._transaction = self.connection.begin()
        if self.isolation and not self.autocommits:
            self.session.execute(self.isolation)

    def make_own_schema(self) -> None:
        """Make schema ``alembic_safety`` for good, so that no trial has to make it again; where the role may not, a trial says so."""
        self.begin_plain()
        try:
            own_schema.ensure(self.session)
            self.commit()
        except Exception as error:
            self.rollback()
            if sqlstate(error) is None:
                raise

    def commit(self, seen: Touched | None = None) -> None:
        """Commit it. ``seen`` is what it touched, where what is known of the committed state shall be kept up to date."""
        moved = positions(self.session, seen.sequences) if seen is not None and seen.sequences else {}
        transaction = self.context._transaction
        if transaction is not None and transaction.is_active:
            transaction.commit()
        elif self.connection.in_transaction():
            self.connection.commit()  # the migration ended the one that it was given, and began another without a word
        self._forget()
        if seen is None or self.files is None or self.positions is None:
            self.files = self.positions = None
            return
        self.files.update((oid, node) for oid, node in seen.locked.items() if node is not None)
        self.positions.update(moved)

    def rollback(self) -> None:
        """Roll it back, whatever state it is in."""
        transaction = self.context._transaction
        if transaction is not None:
            with suppress(Exception):  # the connection may be gone: the next statement says so
                if self.autocommits:
                    self.session.execute("ROLLBACK")
                current = self.connection.get_transaction()
                if current is not None and current is transaction:  # a migration may have ended it
                    current.rollback()
        self._forget()
        self._end()

    def _forget(self) -> None:
        self.context._transaction = None
        self._xid = self._start = None

    def _end(self) -> None:
        if self.connection.closed:
            # A migration closed the connection that it was given.
            self.connection = self.connection.engine.connect()
            self.context.connection = self.context.impl.connection = self.connection
            self.pid = self._backend_pid()
            self._keep_prepared()
        if self.connection.in_transaction():
            self.connection.rollback()

    def check_transaction(self) -> None:
        """Raise LeftTransaction where the transaction is not the one that ``begin`` opened."""
        if self._xid is None:
            return
        now = self._scalar("SELECT pg_catalog.pg_current_xact_id()::text")
        if int(now) != self._xid:
            raise LeftTransaction

    def was_committed(self) -> bool:
        """Whether a migration committed the transaction that ``begin`` opened last."""
        if self._last_xid is None:
            return False
        status = self._scalar(f"SELECT pg_catalog.pg_xact_status('{self._last_xid}'::pg_catalog.xid8)")
        self._end()
        return str(status) == "committed"

    def savepoint(self, name: str) -> None:
        """Set a savepoint."""
        fetch_all(self.session, [f"SAVEPOINT {quote_ident(name)}"])

    def rollback_to(self, name: str) -> None:
        """Go back to a savepoint, which stays. Raises LeftTransaction where a migration has ended what it was set in."""
        self._back(f"ROLLBACK TO SAVEPOINT {quote_ident(name)}")

    def _back(self, *statements: str) -> None:
        try:
            fetch_all(self.session, statements)
        except Exception as error:
            if sqlstate(error) in (_NO_TRANSACTION, _NO_SUCH_SAVEPOINT):
                raise LeftTransaction from error
            raise

    @contextmanager
    def scratch(self, name: str) -> Iterator[None]:
        """A savepoint that is always rolled back and released at the end."""
        self.savepoint(name)
        try:
            yield
        finally:
            quoted = quote_ident(name)
            self._back(f"ROLLBACK TO SAVEPOINT {quoted}", f"RELEASE SAVEPOINT {quoted}")

    @contextmanager
    def patient_for(self, milliseconds: int) -> Iterator[None]:
        """Within the block a statement of the session may take so long, across transactions; 0: as env.py has it."""
        if not milliseconds:
            yield
            return
        set_to = "SELECT pg_catalog.set_config('statement_timeout', %s, false)"
        before = self._scalar("SELECT pg_catalog.current_setting('statement_timeout')")
        self.begin_plain()
        self.session.fetch(set_to, (str(milliseconds),))
        self.commit()
        try:
            yield
        finally:
            self.begin_plain()
            self.session.fetch(set_to, (before,))
            self.commit()

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
    def is_lent(self) -> bool:
        """Whether env.py began the transaction itself: there nothing that is written as SQL can leave it."""
        return self._lent is not None

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
            if sqlstate(error) == _NO_TRANSACTION:
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

    # -- the connection --------------------------------------------------------------------------------------------------
    def disconnect(self) -> dict[str, str]:
        """Close the server connection so that the database can be copied; ``reconnect`` gets what this returns."""
        self._end()
        settings = session_settings(self.connection)
        self._end()
        self.connection.invalidate()
        self.connection.engine.dispose()
        return settings

    def reconnect(self, settings: dict[str, str]) -> None:
        """Connect again, with the session settings that env.py had made."""
        apply_settings(self.connection, settings)
        self.pid = self._backend_pid()
        self._keep_prepared()
        if self.connection.in_transaction():
            self.connection.commit()

    def _backend_pid(self) -> int:
        return int(self._scalar("SELECT pg_catalog.pg_backend_pid()"))

    def _scalar(self, sql: str) -> Any:
        return fetch_all(self.session, [sql])[0][0][0]
