"""One revision in transactions that are committed, with a copy of the database to return to.

For revisions that leave their transaction: autocommit blocks, COMMIT in the source, enum values used at once.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_safety.postgres.session import sqlstate
from alembic_safety.rehearsal.committed_rows import Ways, in_one_step
from alembic_safety.rehearsal.judge import HAS_TO_BE_FIRST, Judge
from alembic_safety.rehearsal.outcome import Observer, Outcome, Terms
from alembic_safety.rehearsal.rows.demands import Demand, Reader
from alembic_safety.rehearsal.rows.records import RowProof
from alembic_safety.rehearsal.rows.sequences import Positions, positions
from alembic_safety.rehearsal.rows.trials import Case
from alembic_safety.rehearsal.rows.witness import Witness
from alembic_safety.rehearsal.touched import Files, Touched, files_of, with_holders, with_positions
from alembic_safety.rehearsal.trial import AFTER
from alembic_safety.rehearsal.verdict import Restored

if TYPE_CHECKING:
    from alembic.script import Script

    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.rehearsal.place import Copy, Place
    from alembic_safety.rehearsal.stage import Stage
    from alembic_safety.rehearsal.watch import Watch


def committed(
    stage: Stage,
    place: Place,
    script: Script,
    before: Snapshot,
    watch: Watch,
    observe: Observer | None,
    terms: Terms,
) -> Outcome:
    """Rehearse a revision with real commits; afterwards the database stands at *after*, or where the upgrade failed at *before*.

    :return: the outcome; ``after`` (and ``before``, where the copy had to be used) are fresh snapshots.
    """
    judge = Judge(stage, script, watch, terms.downgrade)
    outcome = Outcome(before=before, committed=True)
    heads = set(stage.heads)
    with place.copy(stage) as copy, stage.leaving():
        watched, refiled = None, frozenset[str]()
        if observe is not None and before.of_kind("table"):
            watched, refiled = _watched(judge, before)
            copy.restore()
            stage.heads = set(heads)
        stood = _stood(stage)
        ran = in_one_step(stage, lambda finish: judge.up(outcome, finish))
        if not ran and judge.may_ask_first and outcome.cause is not None and sqlstate(outcome.cause) == HAS_TO_BE_FIRST:
            copy.restore()
            stage.heads = set(heads)
            judge.may_ask_first = False
            outcome = Outcome(before=before, committed=True)
            stood = _stood(stage)
            ran = in_one_step(stage, lambda finish: judge.up(outcome, finish))
        if not ran:
            copy.restore()
            stage.heads = heads
            return outcome
        after = stage.full_snapshot()
        stands = _stood(stage)
        heads_after = set(stage.heads)
        if observe is not None:
            _observe(stage, observe, before, after)
            demands = _demands(stage, before, after)
            if watched is not None:
                outcome.rows = watched = replace(watched, probes=tuple(demand.probe for demand in demands))
                observe.rehearsed_on_rows(watched)
            if (other := observe.other_downgrade()) is not None:
                proof = Outcome(before=before, committed=True)
                clean = in_one_step(stage, lambda finish: judge.down_by(other, proof, finish)) and _compared(
                    judge, proof, before, after
                )
                observe.proven(proof)
                if not clean and not _return(judge, copy, outcome, heads):
                    return outcome
        if not terms.only_up:
            clean = _back_and_forth(judge, outcome, before, after)
            if not clean and not _return(judge, copy, outcome, heads):
                return outcome
        if observe is not None and watched is not None and (terms.rows or terms.own) and not terms.only_up:
            touched = _touched(stage, before, after, watched.writes, refiled)
            touched = replace(touched, moved=_moved(stage, before, after, watched.writes, (stood, stands)))
            if touched.used or touched.moved:
                ways = Ways(judge, copy, observe, before, after)
                case = Case(
                    stage=stage,
                    before=before,
                    after=after,
                    touched=touched,
                    up=ways.up,
                    ways=ways.down(outcome),
                    demands=demands,
                    rows=terms.rows,
                    seed=terms.seed,
                    own=terms.own,
                )
                stage.heads = set(heads)
                outcome.rows = ways.proven(case, watched)
                if not _return(judge, copy, outcome, heads):
                    return outcome
        stage.heads = heads_after
        outcome.after = stage.full_snapshot()
    return outcome


def _demands(stage: Stage, before: Snapshot, after: Snapshot) -> list[Demand]:
    """What the upgrade demands of rows, as follows from the two schemas."""
    stage.begin()
    try:
        return Reader(stage.session, before, after).read()
    finally:
        stage.rollback()


def _watched(judge: Judge, before: Snapshot) -> tuple[RowProof, frozenset[str]]:
    """Run the upgrade once, only to see which tables it writes rows to and which it gives another file; the database is spoilt afterwards."""
    stage = judge.stage
    witness = Witness(stage.session, before, None, lasting=True)
    stage.begin_plain()
    witness.start()
    files = files_of(stage.session)
    stage.commit()
    # What watches is temporary itself.
    ran = in_one_step(stage, lambda finish: judge.up(Outcome(), finish), anew=False)
    stage.begin_plain()
    writes = witness.writes()
    now = files_of(stage.session)
    stage.rollback()
    names = {address.oid: obj.identity for address, obj in before.objects.items() if obj.kind == "table"}
    refiled = frozenset(names[oid] for oid, file in now.items() if oid in names and files.get(oid, file) != file)
    if not ran:  # on its second run, without being watched, it may: then anything may have been written
        writes = {table.identity: ("write",) for table in before.of_kind("table")}
    return RowProof(refused="it leaves its transaction", writes=writes), refiled


def _touched(
    stage: Stage, before: Snapshot, after: Snapshot, writes: Collection[str], refiled: frozenset[str]
) -> Touched:
    """What is to hold rows: tables that were written to or changed, and those that a statement names."""
    words = set(re.findall(r"\w+", " ".join(stage.executed)))
    apart = {*before.apart_from(after), *after.apart_from(before)}
    changed = {obj.parent or address for address in apart if (obj := before.objects.get(address)) is not None}
    used = {
        table.identity
        for table in before.of_kind("table")
        if table.address in changed or table.identity in writes or table.name in words
    }
    known = {name for name in writes if ("table", name) in before.by_identity}
    return with_holders(Touched(used=frozenset(used), written=frozenset(known), refiled=refiled), before, after)


def _stood(stage: Stage) -> tuple[Positions, Files]:
    """Where the sequences stand, and the file of each."""
    stage.begin_plain()
    try:
        return positions(stage.session), files_of(stage.session)
    finally:
        stage.rollback()


def _moved(
    stage: Stage,
    before: Snapshot,
    after: Snapshot,
    writes: Collection[str],
    stood: tuple[tuple[Positions, Files], tuple[Positions, Files]],
) -> frozenset[str]:
    """Sequences that may have been set to a position. No lock tells after a COMMIT: those that a statement names count, and those that moved."""
    (was, old), (now, new) = stood
    words = set(re.findall(r"\w+", " ".join(stage.executed)))
    sequences = {one.address.oid: one for one in before.of_kind("sequence")}
    changed = frozenset(oid for oid in sequences if oid in now and now[oid] != was.get(oid))
    seen = Touched(
        locked=dict.fromkeys(sequences),
        sequences=changed | {oid for oid, one in sequences.items() if one.name in words},
        rewritten=frozenset(oid for oid in sequences if oid in new and new[oid] != old.get(oid)),
        advanced=changed,
        written=frozenset(writes),
    )
    return with_positions(seen, before, after, was, now, stage.executed).moved


def _return(judge: Judge, copy: Copy, outcome: Outcome, heads: set[str]) -> bool:
    """Bring the database to *after* once more, from the copy; False where the upgrade fails this time."""
    stage = judge.stage
    copy.restore()
    stage.heads = set(heads)
    repeat = Outcome()
    if in_one_step(stage, lambda finish: judge.up(repeat, finish)):
        return True
    outcome.up, outcome.error, outcome.cause = repeat.up, repeat.error, repeat.cause
    copy.restore()
    stage.heads = set(heads)
    return False


def _observe(stage: Stage, observe: Observer, before: Snapshot, after: Snapshot) -> None:
    stage.begin(counting=True)
    try:
        stage.savepoint(AFTER)
        observe.look(stage, before, after)
    finally:
        stage.rollback()


def _back_and_forth(judge: Judge, outcome: Outcome, before: Snapshot, after: Snapshot) -> bool:
    """Whether the database stands at *after* again, unspoilt."""
    return in_one_step(judge.stage, lambda finish: judge.down(outcome, finish)) and _compared(
        judge, outcome, before, after
    )


def _compared(judge: Judge, outcome: Outcome, before: Snapshot, after: Snapshot) -> bool:
    stage = judge.stage
    judge.compare_down(outcome, before, stage.full_snapshot())
    if not in_one_step(stage, lambda finish: judge.again(outcome, finish)):
        return False
    judge.compare_again(outcome, after, stage.full_snapshot())
    return outcome.restored is Restored.IDENTICAL and not outcome.again_left
