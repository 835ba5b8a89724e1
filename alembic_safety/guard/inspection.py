"""What is looked at before a run changes anything, and before each of its transactions commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

from alembic_safety.errors import GuardError
from alembic_safety.guard.changed import unlike_rehearsal
from alembic_safety.guard.closing import Closing
from alembic_safety.guard.earlier import Earlier
from alembic_safety.guard.elsewhere import schema_elsewhere, sentence
from alembic_safety.guard.following import Following
from alembic_safety.guard.integrity_check import check_integrity, check_soundness
from alembic_safety.guard.live import GivingBack, LiveState, exclusions
from alembic_safety.guard.log import log
from alembic_safety.guard.preflight import views
from alembic_safety.guard.preflight.run import enforce, in_transaction, run_checks
from alembic_safety.guard.preflight.target import container, target_of
from alembic_safety.guard.rehearsed import (
    WAY_OUT,
    drift,
    expected_now,
    refuse_drift,
    rehearsed_closures,
    uses_certificates,
)
from alembic_safety.guard.stored import certificate_of, chain_in
from alembic_safety.guard.unfit import put_aside
from alembic_safety.guard.user_checks import run_user_checks
from alembic_safety.guard.written_since import kept_from_writers, small_tables, touched_of_own
from alembic_safety.integrity.touched import known_findings
from alembic_safety.postgres.identifiers import qualified
from alembic_safety.postgres.session import DirectSession, SqlalchemySession, commits_by_itself
from alembic_safety.rehearsal.closure import Relabelling, altered_keys, relabelled
from alembic_safety.revisions.internals import has_open_transaction, is_in_foreign_transaction

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep

    from alembic_safety.guard.runner_lock import RunnerLock
    from alembic_safety.guard.written_since import WrittenByOthers
    from alembic_safety.integrity.touched import Known
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.settings import Settings


class Inspecting(Protocol):
    """What a run has looked at, and when."""

    def before(self, steps: list[RevisionStep]) -> None:
        """Before anything is changed. Raises GuardError: nothing is to be done."""

    def transaction_begins(self, first: tuple[str, ...]) -> None:
        """A transaction begins, with these statements."""

    def step_begins(self, step: RevisionStep, *, goes_on: bool) -> None:
        """A revision begins, within its transaction. Raises GuardError: it is not to be done.

        :param goes_on: a part of it was committed by an earlier run.
        """

    def clearing(
        self, step: RevisionStep, unnoticed: Callable[[], AbstractContextManager[None]]
    ) -> AbstractContextManager[None]:
        """The revision runs within.

        :param unnoticed: what runs within is not taken for the revision's.
        """

    def after_step(self, step: RevisionStep) -> None:
        """A revision is done, within its transaction. Raises GuardError: it must be rolled back."""

    def before_commit(self, steps: list[RevisionStep], lock: RunnerLock, *, owns_transaction: bool) -> None:
        """A transaction with these revisions is about to commit. Raises GuardError: it must be rolled back."""

    def look_again(self) -> None:
        """A transaction was rolled back, and is tried again."""

    def ends(self) -> None:
        """The run is over; no transaction is open."""


class Inspection:
    """The checks of one run."""

    def __init__(
        self,
        migration: MigrationContext,
        settings: Settings,
        lock: RunnerLock,
        others: WrittenByOthers,
        *,
        is_upgrade: bool,
    ) -> None:
        self._migration = migration
        self._others = others
        self._settings = settings
        self._is_upgrade = is_upgrade
        self._lock = lock
        #: The catalog as of the last look; None where nothing is compared.
        self._catalog: Following | None = None
        #: The catalog before each revision of an upgrade.
        self.earlier = Earlier()
        self._closures: dict[str, Mapping[str, str]] = {}
        self._known: Known = frozenset()
        #: Views that were left broken in the rehearsal, too: kind and identity.
        self._expected: frozenset[str] = frozenset()
        #: The last revision of the run.
        self._last = ""
        #: The revision that began last, and the catalog before it.
        self._began: tuple[str, Snapshot | None] = ("", None)
        self._closing: Closing | None = None
        self._exclude = exclusions(migration, settings)
        self._live = LiveState(migration, settings.live_state)
        self._giving_back = GivingBack(self._live, self._session, lock)
        #: With the isolation level AUTOCOMMIT there is no transaction to look into before it commits.
        self._verifies = settings.verify != "off"

    def before(self, steps: list[RevisionStep]) -> None:
        """Look at everything before the first transaction begins.

        :raises GuardError: the upgrade is refused; nothing was changed.
        """
        session = self._session()
        if commits_by_itself(session.connection):
            log().warning("the engine commits each statement by itself (AUTOCOMMIT): nothing is verified before COMMIT")
            self._verifies = False
        chain = chain_in(self._migration) if self._is_upgrade else None
        self._last = steps[-1].revision.revision if steps else ""
        self._expected = self._broken_when_rehearsed(steps)
        if chain is not None:
            revisions = [step.revision.revision for step in steps]
            major = int(session.fetch("SHOW server_version_num")[0][0]) // 10000
            self._closures = rehearsed_closures(chain, revisions, self._settings.certificates, major)
            if self._closures:
                expected = expected_now(revisions, self._closures)
                self._look()
                if self._found(expected):
                    self._look()  # somebody else's change may just have been on its way
                    refuse_drift(self._found(expected), self._elsewhere())
            elif uses_certificates(chain):
                self._look()  # nothing is known of this major version, but what was there can be told from what comes
        if self._catalog is None and any(self._live.concerns(step.revision.revision) for step in steps):
            self._look()
        self._check(steps)
        if self._verifies:
            self._known = known_findings(session)

    def _broken_when_rehearsed(self, steps: list[RevisionStep]) -> frozenset[str]:
        certificates = [one for step in steps if (one := certificate_of(self._migration, step.revision)[1]) is not None]
        if not self._is_upgrade:
            return frozenset(name for one in certificates for name in one.mends)
        return frozenset(views.name_of(sentence) for one in certificates for sentence in one.breaks)

    def _check(self, steps: list[RevisionStep]) -> None:
        connection = self._migration.connection
        assert connection is not None
        target = target_of(self._migration, self._settings, steps, is_upgrade=self._is_upgrade)
        with in_transaction(target.session, autocommit=commits_by_itself(connection)):
            results = run_checks(target)
        enforce(results)

    def _found(self, expected: Mapping[tuple[str, str], tuple[str, str, str]]) -> list[str]:
        assert self._catalog is not None
        altered = {name for closure in self._closures.values() for name in altered_keys(closure)}
        labels: dict[tuple[str, str], Relabelling] = {}
        for closure in self._closures.values():
            labels = {**relabelled(closure), **labels}
        carried = self._settings.live_state != "off"
        return drift(self._catalog.base, expected, carried=carried, altered=altered, labels=labels)

    def transaction_begins(self, first: tuple[str, ...]) -> None:
        """Watch over what a transaction leaves no trace of; to be called as it begins."""
        session = self._session()
        if self._catalog is not None:
            self._catalog.transaction_begins(session, first)
        else:
            session.execute("; ".join(first))
        if self._verifies and self._closing is None:
            self._closing = Closing(session, self._migration.version_table)

    def step_begins(self, step: RevisionStep, *, goes_on: bool) -> None:
        """Put rows aside that a downgrade can't hold, where that is wanted; remember what an upgrade may write over."""
        self._giving_back.goes_on = goes_on
        self._began = step.revision.revision, None if goes_on or self._catalog is None else self._catalog.latest
        if self._is_upgrade:
            self._remember_others(step)
            return
        if self._settings.on_conflict != "keep":
            return
        _, certificate = certificate_of(self._migration, step.revision)
        if certificate is not None:
            version_table = qualified(self._migration.version_table_schema, self._migration.version_table)
            revision = step.revision.revision
            for line in put_aside(self._session(), version_table, revision, certificate.downgrade_probes):
                log().warning("downgrade of %s: %s", revision, line)

    def before_step(self, revision: str) -> Snapshot | None:
        """The catalog before the revision that began last; None where that is another, or nobody looked."""
        began, before = self._began
        return before if began == revision else None

    def _remember_others(self, step: RevisionStep) -> None:
        if self._catalog is None or not self._others.has_committed or self.earlier.first is None:
            return
        _, certificate = certificate_of(self._migration, step.revision)
        touched = touched_of_own(certificate, self.earlier.first, self._catalog.latest)
        tables = {container(identity) for kind, identity in touched if kind == "column"}
        if tables:
            chain = chain_in(self._migration)
            known = chain.by_id.get(step.revision.revision) if chain is not None else None
            held = tables & kept_from_writers(certificate, known.source if known is not None else "")
            small = small_tables(self._session(), held, self._settings.large_table)
            touched = {name for name in touched if name[0] != "column" or container(name[1]) in small}
        self._others.remember(self._session(), touched, lock=not commits_by_itself(self._session().connection))

    @contextmanager
    def clearing(self, step: RevisionStep, unnoticed: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
        """What no rehearsal knew of is taken out of the way of a downgrade."""
        catalog = None if self._is_upgrade else self._catalog
        with self._giving_back.clearing(step.revision.revision, catalog, unnoticed):
            yield

    def after_step(self, step: RevisionStep) -> None:
        """Run a revision's own checks, inside its transaction. Raises GuardError where one fails."""
        if self._is_upgrade:
            run_user_checks(SqlalchemySession(self._session().connection), step.revision)
        self._follow(step)

    def _follow(self, step: RevisionStep) -> None:
        if self._catalog is None:
            return
        before = self._catalog.latest
        now = self._read_on()
        revision = step.revision.revision
        if self._is_upgrade:
            self.earlier.done(revision, before, now)
            self._live.upgraded(revision, before, now)
        else:
            self._giving_back.after(revision, self._catalog, before)

    def _read_on(self) -> Snapshot:
        """The catalog as it is now, within the transaction of the last look or a later one."""
        assert self._catalog is not None
        return self._giving_back.read_on(self._catalog)

    def before_commit(self, steps: list[RevisionStep], lock: RunnerLock, *, owns_transaction: bool) -> None:
        """Look at what a transaction did, inside it.

        :param steps: those that ran in it.
        :param owns_transaction: it is not the caller's, who may want deferred constraints to stay so.
        :raises GuardError: it is not what it should be; the transaction must be rolled back.
        """
        session = self._session()
        if owns_transaction:
            # By SQLAlchemy: what a deferred constraint or trigger raises is the migration's own error.
            SqlalchemySession(session.connection).execute("SET CONSTRAINTS ALL IMMEDIATE")
        self._compare(steps, session, lock)
        if self._verifies:
            self._verify(session, is_last=steps[-1].revision.revision == self._last)

    def _verify(self, session: SqlalchemySession, *, is_last: bool) -> None:
        everything, budget = self._settings.verify == "full", self._settings.verify_budget
        closing = self._closing or Closing(session, self._migration.version_table)
        answers = closing.ask(session)
        self._closing = closing
        if self._lock.is_pooled or not answers.untouched:
            closing.end(session)
            self._closing = None
        # What a later revision of the run mends is nothing to say of functions.
        if everything or answers.may_be_wrong:
            check_integrity(
                session,
                self._known,
                budget,
                everything=everything,
                untouched=answers.untouched,
                routines=is_last,
                expected=self._expected,
                beside=self._lock.side.fetch,
            )
        elif self._is_upgrade and (answers.views_call or is_last):
            check_soundness(session, self._known, routines=is_last, expected=self._expected)

    def _compare(self, steps: list[RevisionStep], session: SqlalchemySession, lock: RunnerLock) -> None:
        if self._catalog is None:
            return
        snapshot = self._catalog.base
        now = self._catalog.latest if self._catalog.has_read else self._read_on()
        closures = [self._closures.get(step.revision.revision) for step in steps]
        known = [closure for closure in closures if closure is not None]
        if len(known) == len(closures):
            wrong, notes = unlike_rehearsal(snapshot, now, known, session, lock.side.fetch)
            for note in notes:
                log().warning("%s", note)
            if wrong:
                hint = self._elsewhere()
                raise GuardError(
                    "the migration did not do here what it did when it was rehearsed:"
                    + "".join(f"\n  {line}" for line in wrong)
                    + (f"\n{hint}; {WAY_OUT}" if hint else f"\n{WAY_OUT}")
                )
        self._catalog.settle()

    def look_again(self) -> None:
        """After a rollback: what is there now is the new start."""
        self._closing = None
        if self._catalog is not None:
            self._look()

    def ends(self) -> None:
        """Leave nothing in the session that env.py may go on to use."""
        session = self._session()
        if self._closing is not None:
            self._closing.end(session)
        if self._catalog is not None:
            self._catalog.end(session)

    def _elsewhere(self) -> str:
        live, rehearsed = schema_elsewhere(self._session(), self._closures.values(), self._settings.search_path)
        return sentence(live, rehearsed) if live else ""

    def _look(self) -> None:
        within = is_in_foreign_transaction(self._migration) or has_open_transaction(self._migration)
        self._catalog = Following(self._session(), self._exclude, is_shared=self._lock.is_pooled, is_within=within)

    def _session(self) -> SqlalchemySession:
        assert self._migration.connection is not None
        return DirectSession(self._migration.connection)
