"""One revision in one transaction: up, look, down, look, up again, look; at the end the first *after* is committed."""

# ruff: noqa: BLE001 - a migration may raise anything, and each is a verdict

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic_safety.downgrade.compare import Difference, Tier, changes, differences
from alembic_safety.errors import IrreversibleError
from alembic_safety.postgres.catalog.statements import NO_SUCH_STATEMENT
from alembic_safety.postgres.session import sqlstate
from alembic_safety.rehearsal.activity import Activity, noticing
from alembic_safety.rehearsal.failure import explain, is_artefact
from alembic_safety.rehearsal.rows.sequences import positions, set_positions
from alembic_safety.rehearsal.stage import LeftTransaction, Stage
from alembic_safety.rehearsal.touched import (
    Touched,
    files_of,
    is_sequence,
    may_have_held_rows,
    touched,
    with_holders,
    with_positions,
)
from alembic_safety.rehearsal.verdict import Again, Down, Restored, Up, restored_by
from alembic_safety.revisions.anatomy import EMPTY, MISSING, NOT_YET

if TYPE_CHECKING:
    from alembic.script import Script

    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.rehearsal.keeping import Attempt
    from alembic_safety.rehearsal.rows.demands import Demand
    from alembic_safety.rehearsal.rows.records import RowProof
    from alembic_safety.rehearsal.watch import Watch

AFTER = "alembic_safety_after"
#: SET TRANSACTION … came after a query.
HAS_TO_BE_FIRST = "25001"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How a revision is to be tried."""

    #: It is only to be applied.
    only_up: bool
    #: How many rows to make for each table that it touches.
    rows: int
    seed: int
    #: What rows are there already, on which it is rehearsed in the place of made ones; '' for none.
    own: str
    #: What the revision's file says of its downgrade.
    downgrade: str


@dataclass
class Outcome:
    """What one trial found; ``after`` is the state that the database was left in (None: as before)."""

    up: Up = Up.RAN
    down: Down = Down.NOT_TRIED
    again: Again = Again.NOT_TRIED
    error: str | None = None
    #: Of the failing step, for whoever knows a remedy (a missing role, a missing extension).
    cause: BaseException | None = None
    before: Snapshot | None = None
    after: Snapshot | None = None
    left: list[Difference] = field(default_factory=list)
    again_left: list[Difference] = field(default_factory=list)
    compared: bool = False
    committed: bool = False
    #: The upgrade changed neither the catalog nor a row.
    changed_nothing: bool = False
    #: What the upgrade touched of the tables that were there; None where that could not be seen.
    touched: Touched | None = None
    #: What each statement of the upgrade locked, rewrote and read in full.
    activity: tuple[Activity, ...] = ()
    #: What the proof on rows found; None where there was none.
    rows: RowProof | None = None

    @property
    def restored(self) -> Restored:
        """The tier that the comparison after the downgrade gives."""
        return restored_by(self.left) if self.compared else Restored.NOT_TRIED


class Observer:
    """Looks at a revision while the database stands at its *after*."""

    def look(self, stage: Stage, before: Snapshot, after: Snapshot) -> None:
        """Called inside an open transaction at *after*; must leave the database so."""

    def other_downgrade(self) -> Callable[[], None] | None:
        """A downgrade that can only be proven with commits: it is run in the revision's place, then the upgrade again."""
        return None

    def rehearsed_on_rows(self, proof: RowProof) -> None:
        """Called with what a proof on rows found, of the revision's own downgrade and of ``other_downgrade``."""

    def preservations(self, touched: Touched) -> Iterable[Attempt]:
        """Ways to keep rows and give them back, each to be tried on rows; the next is asked for once one has been tried."""
        return ()

    def proven(self, outcome: Outcome) -> None:
        """Called with what the proof of ``other_downgrade`` found."""


def _nothing() -> None:
    """The transaction stays open."""


class Judge:
    """The steps that the transactional and the committed trial share."""

    def __init__(self, stage: Stage, script: Script, watch: Watch, downgrade: str) -> None:
        """``downgrade``: what the revision's file says of it (``Revision.downgrade``)."""
        self.stage = stage
        self.script = script
        self.watch = watch
        self.heads_before = set(stage.heads)
        #: Whether we may look at something within the transaction before the migration begins.
        self.may_ask_first = True
        #: What the revision's downgrade is: one of the states of ``revisions.anatomy``; '' where it may be there all the same.
        self.downgrade = "" if downgrade == MISSING else downgrade
        if not hasattr(script.module, "downgrade"):
            self.downgrade = MISSING

    def run(self, *, is_upgrade: bool = True) -> None:
        """The upgrade or the downgrade as it is; raises whatever it raises."""
        from alembic.runtime.migration import RevisionStep

        with self._quiet():
            self.stage.apply(RevisionStep(self._map, self.script, is_upgrade))

    def up(self, outcome: Outcome, finish: Callable[[], None] = _nothing) -> bool:
        """The first upgrade, and ``finish`` (a COMMIT can fail like any statement). Raises LeftTransaction."""
        from alembic.runtime.migration import RevisionStep

        # The first time tells it all.
        before = None if outcome.activity or not self.may_ask_first else outcome.before
        try:
            with (
                self._quiet(),
                noticing(self.stage.connection, before, self.stage.fresh_files, self.stage.kept) as seen,
            ):
                self.stage.apply(RevisionStep(self._map, self.script, True))
                outcome.activity = outcome.activity or seen()
            finish()
            return True
        except LeftTransaction:
            raise
        except Exception as error:
            if sqlstate(error) in (HAS_TO_BE_FIRST, NO_SUCH_STATEMENT) and not outcome.committed:
                # SET TRANSACTION, before any query: we have looked around by then. Or what we keep prepared was deallocated out of sight.
                raise LeftTransaction from error
            outcome.up = Up.TIMED_OUT if self.watch.fired else Up.FAILED
            outcome.error, outcome.cause = self.watch.explain() or explain(error), error
            return False

    def down(self, outcome: Outcome, finish: Callable[[], None] = _nothing) -> bool:
        """The downgrade. Raises LeftTransaction."""
        from alembic.runtime.migration import RevisionStep

        if self.downgrade == MISSING:
            outcome.down = Down.MISSING
            return False
        try:
            with self._quiet():
                self._end_session(outcome)
                self.stage.apply(RevisionStep(self._map, self.script, False))
            finish()
        except LeftTransaction:
            raise
        except (IrreversibleError, NotImplementedError) as error:
            if str(error).startswith(NOT_YET):
                outcome.down = Down.MISSING
            else:
                outcome.down, outcome.error, outcome.cause = Down.REFUSES, explain(error), error
            return False
        except Exception as error:
            deliberate = sqlstate(error) is None and _raises_itself(error, self.script)
            outcome.down = Down.TIMED_OUT if self.watch.fired else Down.REFUSES if deliberate else Down.FAILED
            outcome.error, outcome.cause = self.watch.explain() or explain(error), error
            return False
        outcome.down = Down.EMPTY if self.downgrade == EMPTY else Down.RAN
        return True

    def down_by(self, body: Callable[[], None], outcome: Outcome, finish: Callable[[], None] = _nothing) -> bool:
        """Another downgrade in the place of the revision's own."""
        try:
            with self._quiet():
                self._end_session(outcome)
                body()
            self.stage.step_back(self.script)
            finish()
        except Exception as error:
            outcome.down, outcome.error, outcome.cause = Down.FAILED, explain(error), error
            return False
        outcome.down = Down.RAN
        return True

    def again(self, outcome: Outcome, finish: Callable[[], None] = _nothing) -> bool:
        """The second upgrade. Raises LeftTransaction."""
        from alembic.runtime.migration import RevisionStep

        try:
            with self._quiet():
                self._end_session(outcome)
                self.stage.apply(RevisionStep(self._map, self.script, True))
            finish()
            return True
        except LeftTransaction:
            raise
        except Exception as error:
            outcome.again = Again.TIMED_OUT if self.watch.fired else Again.FAILED
            outcome.error, outcome.cause = self.watch.explain() or explain(error), error
            return False

    def compare_down(self, outcome: Outcome, before: Snapshot, found: Snapshot) -> None:
        """Hold the catalog after the downgrade against the one before the upgrade."""
        outcome.left = differences(before, found)
        outcome.compared = True

    def compare_again(self, outcome: Outcome, after: Snapshot, found: Snapshot) -> None:
        """Hold the catalog after the second upgrade against the one after the first."""
        outcome.again_left = differences(after, found)
        # A downgrade that could not give back the column order makes the second upgrade differ by the same.
        outcome.again_left = [d for d in outcome.again_left if d.tier is not Tier.COLUMN_ORDER]
        outcome.again = Again.DIFFERENT if outcome.again_left else Again.SAME

    def _end_session(self, outcome: Outcome) -> None:
        """A step in a transaction of its own begins without temporary tables anyway, and may want to be the first to ask anything."""
        if not outcome.committed:
            self.stage.end_session()

    @property
    def _map(self) -> Any:
        assert self.stage.context.script is not None
        return self.stage.context.script.revision_map

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        from alembic.operations import Operations

        with Operations.context(self.stage.context):
            yield


def transactional(
    stage: Stage,
    script: Script,
    before: Snapshot,
    watch: Watch,
    observe: Observer | None,
    terms: Terms,
) -> Outcome:
    """Rehearse a revision in one transaction; then, where it touches tables that were there, on rows in another one.

    :return: the outcome; ``after`` is set exactly where the upgrade was committed.
    :raises LeftTransaction: it does not stay in one transaction; the database is as before unless ``lost`` is noted by the caller.
    """
    judge = Judge(stage, script, watch, terms.downgrade)
    outcome = Outcome(before=before)
    empty = not terms.only_up and judge.downgrade == EMPTY
    _know_positions(stage)
    stage.begin(counting=observe is not None or empty)
    try:
        if stage.files is None:
            stage.files = files_of(stage.session)
        with stage.staying_in_transaction():
            if not judge.up(outcome):
                return outcome
            outcome.touched = last = touched(stage.session, before, stage.files, stage.excluded, stage.kept)
            after = stage.snapshot(before)
            outcome.touched = with_holders(outcome.touched, before, after)
            if any(is_sequence(before, oid) for oid in outcome.touched.locked):
                now = positions(stage.session, outcome.touched.sequences)
                sent = [one.sql for one in outcome.activity]
                outcome.touched = with_positions(outcome.touched, before, after, stage.positions or {}, now, sent)
            heads_after = set(stage.heads)
            demands = (
                _demands(stage, before, after, outcome.touched)
                if not terms.only_up and (terms.rows or terms.own or observe)
                else []
            )
            stage.savepoint(AFTER)
            if observe is not None:
                observe.look(stage, before, after)
                stage.may_have_temporary = True
            if empty:
                outcome.changed_nothing = not changes(before, after) and not stage.rows_written()
            if not terms.only_up:
                _back_and_forth(judge, outcome, before, after)
                stage.rollback_to(AFTER)
            stage.heads = heads_after
        has_rows = outcome.touched.used_or_filled and (
            terms.rows or observe is not None or may_have_held_rows(outcome.touched, before, after)
        )
        if not terms.only_up and (has_rows or (observe is not None and outcome.touched.moved)):
            stage.rollback()
            stage.heads = set(judge.heads_before)
            outcome.rows = _on_rows(judge, outcome, before, after, observe, demands, terms)
            assert stage.positions is not None
            set_positions(stage.session, stage.positions)
            stage.begin()
            with stage.staying_in_transaction():
                if not judge.up(outcome):
                    return outcome
                last = touched(stage.session, before, stage.files, stage.excluded, stage.kept)
                after = stage.snapshot(before)
        try:
            stage.commit(last)
        except Exception as error:  # deferred constraints are checked here
            outcome.up, outcome.error, outcome.cause = Up.FAILED, explain(error), error
            outcome.down, outcome.again, outcome.compared = Down.NOT_TRIED, Again.NOT_TRIED, False
            return outcome
        outcome.after = after
        return outcome
    finally:
        if outcome.after is None:
            stage.rollback()
            stage.heads = set(judge.heads_before)


def _know_positions(stage: Stage) -> None:
    """Look where the sequences stand, in a transaction of its own: that locks each of them as ``setval`` does."""
    if stage.positions is not None:
        return
    stage.begin_plain()
    try:
        stage.positions = positions(stage.session)
    finally:
        stage.rollback()


def _demands(stage: Stage, before: Snapshot, after: Snapshot, seen: Touched) -> list[Demand]:
    from alembic_safety.rehearsal.rows.demands import Reader  # as below

    found = Reader(stage.session, before, after).read()
    # Where the upgrade writes rows itself, it may fill a column before that takes no NULL any more.
    return [d for d in found if d.probe.code != "not-empty" or d.probe.table not in seen.written]


def _on_rows(
    judge: Judge,
    outcome: Outcome,
    before: Snapshot,
    after: Snapshot,
    observe: Observer | None,
    demands: list[Demand],
    terms: Terms,
) -> RowProof:
    # A tenth of what a run without rows would import.
    from alembic_safety.rehearsal.keeping import WAY
    from alembic_safety.rehearsal.rows.proof import prove_on_rows
    from alembic_safety.rehearsal.rows.trials import Case

    ways: dict[str, Callable[[], None]] = {}
    if outcome.down is Down.RAN:
        ways["own"] = lambda: judge.run(is_upgrade=False)
    if observe is not None and (other := observe.other_downgrade()) is not None:
        ways["derived"] = other
    assert outcome.touched is not None
    case = Case(
        stage=judge.stage,
        before=before,
        after=after,
        touched=outcome.touched,
        up=judge.run,
        ways=ways,
        demands=demands,
        rows=terms.rows,
        seed=terms.seed,
        own=terms.own,
    )
    proof = prove_on_rows(case)
    if observe is not None:
        observe.rehearsed_on_rows(proof)
        for attempt in observe.preservations(outcome.touched):
            with attempt.keeping():
                ways = {WAY: attempt.down}
                attempt.found(
                    prove_on_rows(replace(case, up=partial(attempt.up, judge.run), ways=ways, again_on=proof.variant))
                )
    return proof


def _back_and_forth(judge: Judge, outcome: Outcome, before: Snapshot, after: Snapshot) -> None:
    stage = judge.stage
    if not judge.down(outcome):
        if stage.connection.closed:
            raise LeftTransaction
        if outcome.down is Down.FAILED and outcome.cause is not None and is_artefact(outcome.cause):
            raise LeftTransaction
        return
    found = stage.snapshot(after, edges=False)
    judge.compare_down(outcome, before, found)
    if not judge.again(outcome):
        if outcome.cause is not None and is_artefact(outcome.cause):
            raise LeftTransaction
        return
    judge.compare_again(outcome, after, stage.snapshot(found, edges=False))


def _raises_itself(error: BaseException, script: Script) -> bool:
    """Whether the revision's own text raised it: the innermost frame is in the revision file."""
    traceback = error.__traceback__
    if traceback is None:
        return False
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback.tb_frame.f_code.co_filename != str(script.path):
        return False
    return not isinstance(error, (NameError, AttributeError, TypeError, KeyError, IndexError, ImportError))
