"""A revision rehearsed on rows: up on tables with rows, each way down, and whether every row is as it was.

All in transactions that are rolled back: no row stays in the database that the chain goes on with.
"""

# ruff: noqa: BLE001 - a migration may raise anything, and each is a result

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from alembic_safety.rehearsal.failure import explain
from alembic_safety.rehearsal.rows.amends import Amend
from alembic_safety.rehearsal.rows.attempts import check_deferred
from alembic_safety.rehearsal.rows.records import NONE, RowProof
from alembic_safety.rehearsal.rows.repeat import outcome, volatile_columns
from alembic_safety.rehearsal.rows.sequences import positions, set_positions
from alembic_safety.rehearsal.rows.trials import Case, Refusals, Trial, raise_signals
from alembic_safety.rehearsal.rows.variants import (
    EMPTY,
    Variant,
    amended_variants,
    first_variants,
    last_variants,
    unreferred_variants,
)

#: How often rows are made anew after what the upgrade said of those before.
_AMENDED = 6


def prove_on_rows(case: Case) -> RowProof:
    """Run an upgrade and each way down on rows. The stage is in no transaction, at *before*, and is left so.

    :raises LeftTransaction: the upgrade ended its transaction this time: the database may have changed.
    """
    sequences = positions(case.stage.session)
    refusals = Refusals()
    if case.again_on is not None:
        tried: Iterable[Variant] = (case.again_on,)
    else:
        tried = first_variants(case.own, case.rows, demanding=bool(case.demands))
    found = _first_accepted(case, tried, refusals)
    if found is not None and found[0].data == NONE:
        found = _amended(case, refusals) or found
    if found is not None and found[0].data == NONE and refusals.filled and not (case.own or refusals.endless):
        found = _first_accepted(case, more_variants(case, found[0], refusals), refusals) or found
    if found is None:
        return RowProof(refused=refusals.why, writes=dict.fromkeys(sorted(case.touched.suspects), ("write",)))
    proof, trial = found
    if trial.outcome_tables and case.again_on is None:
        set_positions(case.stage.session, sequences)
        proof = replace(proof, volatile=_again(case, trial))
    return proof


def _amended(case: Case, refusals: Refusals) -> tuple[RowProof, Trial] | None:
    """On rows with other values where the upgrade was seen to read something else, as long as each attempt tells of more."""
    known: tuple[Amend, ...] = ()
    for _ in range(_AMENDED):
        if refusals.amends == known:
            break
        known = refusals.amends
        if found := _first_accepted(case, amended_variants(known), refusals):
            return found
    return None


def more_variants(case: Case, on_none: RowProof, refusals: Refusals) -> Iterator[Variant]:
    """What else is tried where none of the first rows were accepted."""
    emptied = frozenset(d.probe.table for d in case.demands if d.probe.code == "not-empty") & refusals.filled.keys()
    yield from last_variants(case.rows, on_none.writes, case.touched.used, refusals.filled, refusals.held, emptied)
    yield from unreferred_variants(frozenset(refusals.referring))


def _first_accepted(case: Case, variants: Iterable[Variant], refusals: Refusals) -> tuple[RowProof, Trial] | None:
    """The proof on the first rows that the upgrade accepts, of those that leave no table bare where there are such."""
    stage = case.stage
    heads = set(stage.heads)
    poor: list[Variant] = []
    for variant in _poor_before_none(variants, poor):
        if variant.kind in refusals.endless:
            continue
        stage.begin()
        try:
            with stage.staying_in_transaction():
                trial = Trial(case, variant)
                try:
                    trial.refresh()
                    trial.up()
                    check_deferred(stage.session)
                except Exception as error:
                    raise_signals(error)
                    refusals.note(error, trial)
                    continue
                stage.check_transaction()
                if trial.emptied and variant not in poor:
                    poor.append(variant)
                    continue
                return trial.result(refusals), trial
        finally:
            stage.rollback()
            stage.heads = set(heads)
    return None


def _poor_before_none(variants: Iterable[Variant], poor: Sequence[Variant]) -> Iterator[Variant]:
    """Before there are no rows at all, those that are better than none once more."""
    for variant in variants:
        if variant is EMPTY:
            yield from tuple(poor)
        yield variant
    yield from tuple(poor)


def _again(case: Case, first: Trial) -> tuple[str, ...]:
    """Run the upgrade on the same rows in another transaction, whose now() is another."""
    stage = case.stage
    heads = set(stage.heads)
    stage.begin()
    try:
        with stage.staying_in_transaction():
            second = Trial(case, first.variant)
            second.up()
            unstable = {name for name, was in first.prints.items() if second.prints.get(name) != was}
            return volatile_columns(first.outcome, outcome(stage.session, first.outcome_tables), unstable)
    except Exception as error:
        raise_signals(error)
        return (f"it failed when it ran a second time on the same rows: {explain(error).splitlines()[0]}",)
    finally:
        stage.rollback()
        stage.heads = heads
