"""What a run committed before it failed: taken back by the proven downgrades, looked at again, and said."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from alembic.runtime.migration import MigrationStep

from alembic_safety.downgrade.compare import Tier, differences
from alembic_safety.errors import GuardError, SafetyError
from alembic_safety.guard.changed import is_written_here
from alembic_safety.guard.earlier import Earlier
from alembic_safety.guard.following import Following
from alembic_safety.guard.inspection import Inspection
from alembic_safety.guard.live import GivingBack, LiveState, exclusions
from alembic_safety.guard.log import log
from alembic_safety.guard.past import TAKE_BACK
from alembic_safety.guard.redact import redacted
from alembic_safety.guard.stored import chain_in
from alembic_safety.guard.transactions import leaving_no_transaction
from alembic_safety.guard.written_since import touched_of_own
from alembic_safety.postgres.catalog import read_snapshot
from alembic_safety.postgres.session import SqlalchemySession
from alembic_safety.rehearsal.certificate import Certificate, Grade, Status, read_certificate
from alembic_safety.rehearsal.closure import entries

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep

    from alembic_safety.guard.backup.before import Taken
    from alembic_safety.guard.run import Run
    from alembic_safety.guard.runner_lock import RunnerLock
    from alembic_safety.guard.transactions import Horizon

_SHOWN = 20


def after_failure(run: Run) -> None:
    """Take back what a failed run committed, if the settings and the certificates allow it, and say where the database stands.

    Raises nothing: the failure itself is what the user has to see.
    """
    if run.is_foreign or not run.progress.current:
        return  # whoever opened the transaction rolls it back; or nothing was begun
    is_back = False
    try:
        said, is_back = _after_failure(run)
    except Exception as error:  # noqa: BLE001 - whatever it is, the first failure is raised
        said = f"what the run committed was not taken back: {_first_line(error)}"
        with contextlib.suppress(Exception):
            said += f"; the database is at {_heads(run)}"
    if not is_back and run.backup is not None:
        said += f"\n{from_backup(run, run.backup)}"
    log().warning("%s", said)
    run.journal.event("after failure", "", message=said)


def _after_failure(run: Run) -> tuple[str, bool]:
    """What was done, in words, and whether the database is as it was before the run."""
    with contextlib.suppress(Exception):
        run.connection().rollback()  # a connection that was lost is made anew with the next statement
    run.lock.require()
    horizons = dict(run.horizons)
    run.settle()
    committed = run.progress.committed
    half = run.progress.half_done
    if not committed and half is None:
        return f"everything was rolled back; the database is at {_heads(run)}", True
    names = ", ".join(step.revision.revision for step in committed)
    if run.command != "upgrade" or run.settings.on_failure == "stop":
        return f"{_told(names, half)} stays as it is; the database is at {_heads(run)}", False
    major = int(SqlalchemySession(run.connection()).fetch("SHOW server_version_num")[0][0]) // 10000
    if half is not None:
        if why := _undone(run, half, major, horizons.get(half.revision.revision)):
            said = f"{_told(names, half)} stays committed: the part is not taken back, because {why}; "
            return said + f"the database is at {_heads(run)}, and 'alembic upgrade head' goes on after that part", False
        if not committed:
            return (
                f"the part of revision {half.revision.revision} was taken back; the database is at {_heads(run)}",
                True,
            )
        half = None
    found = {step.revision.revision: _certificate(run.migration, step) for step in committed}
    refusals = [reason for revision, (status, one) in found.items() if (reason := _why_not(revision, status, one))]
    if refusals:
        lines = "".join(f"\n  {line}" for line in refusals[:_SHOWN])
        said = f"{_told(names, half)} stays committed, because a downgrade would not give everything back:{lines}\n"
        return said + f"the database is at {_heads(run)}; 'alembic upgrade head' goes on from there", False
    return take_back(run, committed, {revision: _closure(one, major) for revision, (_, one) in found.items()}), True


def _undone(run: Run, half: RevisionStep, major: int, horizon: Horizon | None) -> str:
    """Take back what a revision committed of itself; why that was not done, '' where it was."""
    from alembic_safety.guard.halfway import undo

    revision = half.revision.revision
    status, certificate = _certificate(run.migration, half)
    if why := _why_not(revision, status, certificate):
        return why
    with leaving_no_transaction(run.connection()):
        try:
            undo(run, half, _closure(certificate, major), horizon)
        except Exception as error:  # noqa: BLE001 - a part that stays is what the next run goes on after
            return _first_line(error)
    run.progress.part_is_undone()
    log().warning("the part of revision %s that was committed is taken back", revision)
    return ""


def from_backup(run: Run, taken: Taken) -> str:
    """Go back to the backup of the run where that loses nothing of anybody; else how to do it by hand. In words."""
    if run.command != "upgrade" or run.settings.on_failure == "stop":
        return f"the backup that was taken before it is given back by: {taken.command}"
    from alembic_safety.guard.backup.alone import close_all
    from alembic_safety.guard.backup.automatic import restore_automatically

    closed = False

    def close() -> None:
        nonlocal closed
        closed = True
        close_all(run.migration, run.lock)

    try:
        return restore_automatically(taken, close)
    except SafetyError as error:
        return str(error)
    finally:
        if closed:
            with contextlib.suppress(Exception):
                run.lock.reopen()
                run.lock.acquire(run.settings.lock_wait)


def _told(names: str, half: RevisionStep | None) -> str:
    parts = [f"revision {names}" if names else ""]
    parts += [f"a part of revision {half.revision.revision}"] if half is not None else []
    return " and ".join(part for part in parts if part)


def _certificate(migration: MigrationContext, step: RevisionStep) -> tuple[Status, Certificate | None]:
    chain = chain_in(migration)
    known = chain.by_id.get(step.revision.revision) if chain is not None else None
    return (Status.MISSING, None) if known is None else read_certificate(known)


def _why_not(revision: str, status: Status, certificate: Certificate | None) -> str:
    """Why a revision is not taken back without being asked; '' where it is."""
    if certificate is None or status is not Status.VALID:
        return f"{revision} has no valid certificate"
    if certificate.grade is not Grade.EXACT:
        reason = f": {certificate.reasons[0]}" if certificate.reasons else ""
        return f"{revision} is {certificate.grade.value}{reason}"
    return ""


def _closure(certificate: Certificate | None, major: int) -> Mapping[str, str]:
    """What a revision touches: as seen on this major version, else on another, where the names are the same."""
    proofs = certificate.proofs if certificate is not None else {}
    closures = [proof.closure for proof in (proofs.get(str(major)), *proofs.values()) if proof is not None]
    return next((closure for closure in closures if closure is not None), {})


def take_back(run: Run, committed: Sequence[RevisionStep], closures: Mapping[str, Mapping[str, str]]) -> str:
    """Downgrade these steps of a run, the last one first; what was done, in words. Raises whatever stops it.

    :param closures: what each revision touches and depends on.
    """
    from alembic_safety.guard.run import Run as AnotherRun

    assert run.migration.script is not None
    graph = run.migration.script.revision_map
    steps = [MigrationStep.downgrade_from_script(graph, step.revision) for step in reversed(committed)]
    log().warning("taking back %s", ", ".join(step.revision.revision for step in steps))
    inspection = run.inspection
    earlier = inspection.earlier if isinstance(inspection, Inspection) else Earlier()
    undoing = Undoing(run, earlier, closures)
    AnotherRun(
        run.context,
        run.migration,
        run.settings,
        run.lock,
        run.journal.another(),
        steps,
        run.arguments,
        command=TAKE_BACK,
        inspection=undoing,
        others=run.others,
    ).run()
    notes = "".join(f"\n  {line}" for line in undoing.notes[:_SHOWN])
    verified = "and verified to be as it was before" if undoing.is_verified else "and not compared with what was before"
    names = ", ".join(step.revision.revision for step in steps)
    return f"revision {names} was taken back; the database is at {_heads(run)} {verified}{notes}"


class Undoing:
    """What is looked at while revisions are taken back: see ``guard.inspection.Inspecting``."""

    def __init__(self, run: Run, earlier: Earlier, closures: Mapping[str, Mapping[str, str]]) -> None:
        self._migration = run.migration
        self._exclude = exclusions(run.migration, run.settings)
        self._live = LiveState(run.migration, run.settings.live_state)
        self._lock = run.lock
        self._giving_back = GivingBack(self._live, self._session, run.lock)
        #: The catalog as of the last look; None where nothing is given back.
        self._catalog: Following | None = None
        self._earlier = earlier
        self._closures = closures
        self._horizons: Mapping[str, Horizon] = run.horizons
        self._others = run.others
        #: What else is not as it was, a line each.
        self.notes: list[str] = []
        #: Whether all that was taken back was compared.
        self.is_verified = True

    def before(self, steps: list[RevisionStep]) -> None:
        """The steps were chosen because they can be taken back; what is there has to be known to give back what was."""
        if any(self._live.concerns(step.revision.revision) for step in steps):
            self.look_again()

    def transaction_begins(self, first: tuple[str, ...]) -> None:
        """Nothing more than these statements."""
        if self._catalog is not None:
            self._catalog.transaction_begins(self._session(), first)
        else:
            self._session().execute("; ".join(first))

    def look_again(self) -> None:
        """What is there now is the new start; what has to be is what was before the run."""
        if self._live.is_on:
            self._catalog = Following(self._session(), self._exclude, is_shared=self._lock.is_pooled)

    def ends(self) -> None:
        """Leave nothing in the session."""
        if self._catalog is not None:
            self._catalog.end(self._session())

    def step_begins(self, step: RevisionStep, *, goes_on: bool) -> None:
        """Refuse to drop what others wrote since. Raises GuardError."""
        self._giving_back.goes_on = goes_on
        revision = step.revision.revision
        closure, horizon = self._closures.get(revision), self._horizons.get(revision)
        if closure is None or horizon is None:
            raise GuardError(f"it is not known what others wrote since revision {revision}")
        session, lock = self._session(), not self._is_autocommit()
        first = self._earlier.first
        if first is not None and self._catalog is not None:
            touched = touched_of_own(_certificate(self._migration, step)[1], first, self._catalog.latest)
            self._others.remember(session, touched, lock=lock)
        found = self._others.found(session, closure, horizon, lock=lock)
        if found:
            raise GuardError(
                f"taking back revision {revision} would lose what others wrote since: {', '.join(found)}; "
                f"'alembic downgrade' takes it back all the same"
            )

    def clearing(
        self, step: RevisionStep, unnoticed: Callable[[], AbstractContextManager[None]]
    ) -> AbstractContextManager[None]:
        """What no rehearsal knew of is taken out of the way."""
        return self._giving_back.clearing(step.revision.revision, self._catalog, unnoticed)

    def after_step(self, step: RevisionStep) -> None:
        """Give back what the upgrade found. Raises GuardError."""
        if self._catalog is not None:
            before = self._catalog.latest
            self._giving_back.read_on(self._catalog)
            self._giving_back.after(step.revision.revision, self._catalog, before)

    def before_commit(self, steps: list[RevisionStep], lock: RunnerLock, *, owns_transaction: bool) -> None:
        """Compare with what was before the revisions.

        :raises GuardError: something of it is another now.
        """
        del owns_transaction
        if self._catalog is not None:
            self._catalog.settle()
        session = self._session()
        expected = self._earlier.before(steps[-1].revision.revision)
        if expected is None:
            self.is_verified = False
            return
        names = {
            name
            for step in steps
            for name, was, is_ in entries(self._closures.get(step.revision.revision, {}))
            if was != is_
        }
        now = read_snapshot(session, self._exclude)
        wrong = []
        for difference in differences(expected, now):
            if difference.tier is Tier.COLUMN_ORDER:
                continue
            name = (difference.kind, difference.identity)
            obj = now.by_identity.get(name)
            address = (obj or expected.by_identity[name]).address
            if name in names or is_written_here(address, session, lock.side.fetch, is_there=obj is not None):
                wrong.append(difference.message)
            elif difference.what == "missing":
                self.notes.append(f"{difference.message}, and no revision makes it")
        if wrong:
            raise GuardError(
                "the downgrade did not give back what was there:" + "".join(f"\n  {line}" for line in wrong[:_SHOWN])
            )

    def _session(self) -> SqlalchemySession:
        assert self._migration.connection is not None
        return SqlalchemySession(self._migration.connection)

    def _is_autocommit(self) -> bool:
        assert self._migration.connection is not None
        return self._migration.connection.get_isolation_level() == "AUTOCOMMIT"


def _heads(run: Run) -> str:
    with leaving_no_transaction(run.connection()):
        return ", ".join(sorted(run.migration.get_current_heads())) or "base"


def _first_line(error: Exception) -> str:
    return redacted((str(error).strip() or type(error).__name__).splitlines()[0])
