"""A revision that commits, rehearsed on rows: up with real commits from a copy of the database, down from there.

The ways down run in one transaction that is rolled back, without CONCURRENTLY; the one that is to be written is run once more as it
stands, commits included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from alembic_safety.postgres.fingerprint import Fingerprint, differences, fingerprints
from alembic_safety.rehearsal.failure import explain, is_fatal
from alembic_safety.rehearsal.judge import Judge
from alembic_safety.rehearsal.keeping import WAY, Attempt
from alembic_safety.rehearsal.outcome import Observer, Outcome
from alembic_safety.rehearsal.rows.adverse import Adverse
from alembic_safety.rehearsal.rows.images import Image
from alembic_safety.rehearsal.rows.proof import more_variants
from alembic_safety.rehearsal.rows.records import NONE, RowProof
from alembic_safety.rehearsal.rows.trials import Case, Refusals, Trial
from alembic_safety.rehearsal.rows.variants import EMPTY, Variant, first_variants
from alembic_safety.rehearsal.transactions import LeftTransaction
from alembic_safety.rehearsal.verdict import Down

if TYPE_CHECKING:
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.rehearsal.place import Copy
    from alembic_safety.rehearsal.stage import Stage

#: The revision's own downgrade, as a way.
OWN_WAY = "own"


class Ways:
    """Up and down with rows, each time from the copy."""

    def __init__(self, judge: Judge, copy: Copy, observe: Observer, before: Snapshot, after: Snapshot) -> None:
        self._judge = judge
        self._stage = judge.stage
        self._copy = copy
        self._observe = observe
        self._before, self._after = before, after
        self._heads = set(judge.heads_before)

    def up(self) -> None:
        """The upgrade with its commits. Raises what it fails with."""
        repeat = Outcome()
        if not in_one_step(self._stage, lambda finish: self._judge.up(repeat, finish)):
            raise repeat.cause if isinstance(repeat.cause, Exception) else RuntimeError(repeat.error)

    def down(self, outcome: Outcome) -> Mapping[str, Callable[[], None]]:
        """The ways down that are there, by name."""
        ways: dict[str, Callable[[], None]] = {}
        if outcome.down is Down.RAN:
            ways[OWN_WAY] = lambda: self._judge.run(is_upgrade=False)
        if (other := self._observe.other_downgrade()) is not None:
            ways[WAY] = other
        return ways

    def proven(self, case: Case, watched: RowProof) -> RowProof:
        """What the rehearsal on rows finds; the database is spoilt afterwards.

        :param watched: what was seen of the upgrade without rows.
        """
        found = self._first(
            case, watched, first_variants(case.own, case.rows, demanding=bool(case.demands)), Refusals()
        )
        proof = replace(found, probes=watched.probes) if found is not None else watched
        self._observe.rehearsed_on_rows(proof)
        if found is None or (proof.data == NONE and not case.touched.moved):
            return proof
        for attempt in self._observe.preservations(case.touched):
            with attempt.keeping():
                again = replace(case, ways={WAY: attempt.down}, again_on=proof.variant, up=partial(attempt.up, self.up))
                attempt.found(self._first(again, watched, [proof.variant or EMPTY], Refusals()) or RowProof())
                if attempt.restores and (failure := self._for_real(again, attempt)):
                    attempt.fails(failure)
        return proof

    def _first(self, case: Case, watched: RowProof, variants: Iterable[Variant], refusals: Refusals) -> RowProof | None:
        """The proof on the first rows that the upgrade accepts."""
        found: tuple[RowProof, Variant] | None = None
        for variant in variants:
            if variant.kind in refusals.endless:
                continue
            trial = self._filled(case, variant, watched)
            try:
                with self._stage.patient_for(trial.patience):
                    case.up()
            except Exception as error:
                if is_fatal(error):
                    raise
                refusals.note(error, trial)
                continue
            try:
                found = self._result(trial, refusals), variant
            except LeftTransaction:
                # Its own way down ends the transaction itself, so that nothing can be looked at and taken back after it.
                others = {name: down for name, down in case.ways.items() if name != OWN_WAY}
                if len(others) == len(case.ways):
                    return None
                return self._first(replace(case, ways=others), watched, [variant], refusals)
            break
        if found is not None and found[1] is EMPTY and refusals.filled and not (case.own or refusals.endless):
            return (
                self._first(case, watched, more_variants(case, found[0], refusals), Refusals(why=refusals.why))
                or found[0]
            )
        return found[0] if found is not None else None

    def _filled(self, case: Case, variant: Variant, watched: RowProof) -> _LeavingTrial:
        self._copy.restore()
        self._stage.heads = set(self._heads)
        self._stage.begin()
        trial = _LeavingTrial(case, variant, watched)
        self._stage.commit()
        return trial

    def _result(self, trial: _LeavingTrial, refusals: Refusals) -> RowProof:
        self._stage.begin()
        try:
            with self._stage.bending_into_transaction():
                return trial.result(refusals)
        finally:
            self._stage.rollback()
            self._stage.heads = set(self._heads)

    def _for_real(self, case: Case, attempt: Attempt) -> str:
        """Up, down and up again, each with its commits; what is wrong, or ''."""
        trial = self._filled(case, attempt.variant, RowProof())
        outcome = Outcome(committed=True)
        derived = attempt.derived
        try:
            case.up()
            if not in_one_step(self._stage, lambda finish: self._judge.down_by(attempt.body, outcome, finish)):
                return outcome.error or "the downgrade fails"
            attempt.compare(self._before, "the downgrade")
            if lost := _lost(self._stage, trial.prints):
                return lost
            if not in_one_step(self._stage, lambda finish: self._judge.again(outcome, finish)):
                return outcome.error or "the second upgrade fails"
            attempt.compare(self._after, "the second upgrade")
        except Exception as error:
            if is_fatal(error):
                raise
            return f"{derived.revision.id}: {explain(error)}"
        return ""


def _lost(stage: Stage, prints: Mapping[str, Fingerprint]) -> str:
    now = fingerprints(stage.session, list(prints), only=True, by_column=True)
    for name, was in prints.items():
        if name not in now or differences(was, now[name]):
            return f"{name}: its rows are not as before"
    return ""


class _LeavingTrial(Trial):
    """Rows that are committed before the upgrade."""

    def __init__(self, case: Case, variant: Variant, watched: RowProof) -> None:
        self._watched_before = watched
        super().__init__(case, variant)
        self._were = {name: self._image(name) for name in self.prints}

    def _watch(self) -> None:
        """Nothing: what it writes was seen before, and the copy is what is come back to."""

    def _writes(self) -> Mapping[str, tuple[str, ...]]:
        """What was seen without rows, and tables in which rows are not what they were: where there are none, nothing may be written."""
        found = dict(self._watched_before.writes)
        same = [name for name in self.prints if name not in found and self._has_same_columns(name)]
        now = fingerprints(self._stage.session, same, only=True, by_column=True)
        found.update({name: ("write",) for name in now if differences(self.prints[name], now[name])})
        return found

    def _has_same_columns(self, name: str) -> bool:
        columns = [
            [(c.name, c.props["type"]) for c in side.children.get(table.address, ()) if c.kind == "column"]
            for side in (self._case.before, self._case.after)
            if (table := side.by_identity.get(("table", name))) is not None
        ]
        return len(columns) == 2 and sorted(columns[0]) == sorted(columns[1])

    def _come_back(self) -> None:
        """Nothing: see ``_image_before``."""

    def _adverse(self) -> Adverse:
        return Adverse((), ())

    def _image_before(self, name: str) -> Image | None:
        return self._were[name]


def in_one_step(stage: Stage, step: Callable[[Callable[[], None]], bool], *, anew: bool = True) -> bool:
    """One step in a transaction of its own, as Alembic runs it; ``anew`` as in a session of its own."""
    if anew:
        stage.begin_plain()
        stage.end_session()
        stage.commit()
    stage.begin_plain()
    done = False
    try:
        done = step(stage.commit)
        return done
    finally:
        if not done:
            stage.rollback()
