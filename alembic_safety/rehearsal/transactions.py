"""The transactions of env.py's own connection, with us in control of them."""

# ruff: noqa: SLF001 - Alembic has no public way to hand over its transaction

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import RehearsalError
from alembic_safety.postgres import own_schema
from alembic_safety.postgres.catalog import kept_statements, read_start
from alembic_safety.postgres.catalog.batch import fetch_all
from alembic_safety.postgres.catalog.statements import NO_SUCH_STATEMENT
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.postgres.session import DirectSession, sqlstate
from alembic_safety.rehearsal.lent import Lent, apply_settings, session_settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from alembic_safety.postgres.catalog import Start

NO_TRANSACTION = "25P01"
_NO_SUCH_SAVEPOINT = "3B001"


class LeftTransaction(Exception):  # noqa: N818 - a signal between our own modules, never shown
    """A migration asked for autocommit, or ended the transaction that it was given."""


class Transactions:
    """The connection that env.py made; one transaction after the other, and savepoints in them."""

    def __init__(self, context: MigrationContext) -> None:
        if context.connection is None:
            raise RehearsalError("env.py configured no connection: a rehearsal needs one")
        self.context = context
        self.connection: Connection = context.connection
        #: env.py's own connection, where it runs migrations in a transaction that it began itself.
        self._lent = Lent(context) if context._in_external_transaction else None
        if self._lent is not None:
            self.connection = self._lent.connection
        self._callers_transaction = context._transaction is not None
        #: SQL that sets the isolation level which the revision asks for, before anything else in each transaction; '' for none.
        self.isolation = ""
        self._xid: int | None = None
        self._last_xid: int | None = None
        self._start: Start | None = None
        #: Whether each transaction ends with the server's counts reported, so that the next one counts from zero.
        self._flushes = int((self.connection.dialect.server_version_info or (0,))[0]) >= 15
        #: The statements that our readers keep prepared on the server.
        self._kept: set[str] = set()
        if self._callers_transaction and self._lent is None:
            assert context._transaction is not None
            context._transaction.commit()
            context._transaction = None
        elif self.connection.in_transaction():
            self.connection.commit()
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

    @property
    def is_lent(self) -> bool:
        """Whether env.py began the transaction itself: there nothing that is written as SQL can leave it."""
        return self._lent is not None

    @property
    def session(self) -> DirectSession:
        """The connection as our readers want it."""
        return DirectSession(self.connection)

    @property
    def kept(self) -> set[str] | None:
        """The statements of ours that the session keeps, in a transaction that ``begin`` opened."""
        return self._kept if self._xid is not None else None

    def begin(self) -> None:
        """Open the transaction of one revision."""
        self._open()
        try:
            self._xid, self._start = read_start(self.session, self._kept, flush=self._flushes)
        except Exception as error:
            if sqlstate(error) != NO_SUCH_STATEMENT:
                raise
            self._open()
            self._kept = kept_statements(self.session)  # a migration has deallocated what there was
            self._xid, self._start = read_start(self.session, self._kept, flush=self._flushes)
        self._last_xid = self._xid

    def _open(self) -> None:
        self.begin_plain()
        if self.autocommits:
            self.session.execute("BEGIN")  # SQLAlchemy doesn't, and our reading needs a transaction

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

    def commit(self) -> None:
        """Commit it."""
        transaction = self.context._transaction
        if transaction is not None and transaction.is_active:
            transaction.commit()
        elif self.connection.in_transaction():
            self.connection.commit()  # the migration ended the one that it was given, and began another without a word
        self._forget()

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
            if sqlstate(error) in (NO_TRANSACTION, _NO_SUCH_SAVEPOINT):
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
