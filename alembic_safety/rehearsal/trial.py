"""One revision in one transaction: up, look, down, look, up again, look; at the end the first *after* is committed."""

# ruff: noqa: BLE001 - a migration may raise anything, and each is a verdict

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from alembic_safety.downgrade.compare import changes
from alembic_safety.rehearsal.failure import explain, is_artefact
from alembic_safety.rehearsal.judge import Judge
from alembic_safety.rehearsal.outcome import Observer, Outcome, Terms
from alembic_safety.rehearsal.rows.sequences import positions, set_positions
from alembic_safety.rehearsal.stage import Stage
from alembic_safety.rehearsal.touched import (
    Touched,
    files_of,
    is_sequence,
    may_have_held_rows,
    touched,
    with_holders,
    with_positions,
)
from alembic_safety.rehearsal.transactions import LeftTransaction
from alembic_safety.rehearsal.verdict import Again, Down, Up
from alembic_safety.revisions.anatomy import EMPTY

if TYPE_CHECKING:
    from alembic.script import Script

    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.rehearsal.rows.demands import Demand
    from alembic_safety.rehearsal.rows.records import RowProof
    from alembic_safety.rehearsal.watch import Watch

AFTER = "alembic_safety_after"


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
