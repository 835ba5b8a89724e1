"""Rows that don't meet what an upgrade demands, each kind by itself: it refuses them, or changes them without a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alembic_safety.model.probe import Probe
from alembic_safety.postgres.session import sqlstate
from alembic_safety.rehearsal.failure import is_fatal
from alembic_safety.rehearsal.rows.attempts import check_deferred
from alembic_safety.rehearsal.rows.images import Image, shown
from alembic_safety.rehearsal.rows.pairs import Pair
from alembic_safety.rehearsal.rows.violations import count, violate

if TYPE_CHECKING:
    from alembic_safety.rehearsal.rows.demands import Demand
    from alembic_safety.rehearsal.stage import Stage

_CANCELLED = "57014"


@dataclass(frozen=True)
class Adverse:
    """What came of it."""

    #: What has to be asked of a database before the upgrade.
    probes: tuple[Probe, ...]
    #: What the upgrade changes or drops without a word, a sentence each.
    silent: tuple[str, ...]


def answerable(stage: Stage, demands: Sequence[Demand]) -> tuple[list[Demand], list[Demand]]:
    """Demands that can be asked of the schema before the upgrade: those that no row violates, and those that some do.

    The stage stands there, with rows.
    """
    counts = [(demand, count(stage.session, demand.probe)) for demand in demands]
    return [d for d, number in counts if number == 0], [d for d, number in counts if number]


def accepted_violations(
    stage: Stage,
    demands: Sequence[Demand],
    keys: Mapping[Probe, set[str]],
    pairs: Sequence[Pair],
    was: Mapping[str, Image],
) -> list[str]:
    """What an upgrade that ran made of rows that don't meet its own demands; the stage stands right after it.

    :param keys: of those rows, by probe; ``was``: all rows before, by table.
    """
    found = []
    for demand in demands:
        pair = next((p for p in pairs if p.old.identity == demand.probe.table), None)
        before = was.get(demand.probe.table)
        after = pair.new_image(stage.session) if pair is not None else None
        if before is None or after is None:
            continue
        text = _made_of(demand, before, after, keys[demand.probe])
        if text:
            found.append(f"{demand.probe.table}: {text}")
    return found


def try_adverse(stage: Stage, demands: Sequence[Demand], up: Callable[[], None], pairs: Sequence[Pair]) -> Adverse:
    """Run the upgrade on a violation of each demand; the stage stands before it, with rows that it accepts, and stays there."""
    probes: list[Probe] = []
    silent: list[str] = []
    for demand in demands:
        with stage.scratch("alembic_safety_adverse"):
            if not violate(stage.session, demand):
                probes.append(demand.probe)
                continue
            pair = next((p for p in pairs if p.old.identity == demand.probe.table), None)
            before = pair.old_image(stage.session) if pair is not None else None
            keys = {str(key) for (key,) in stage.session.fetch(demand.probe.query)}
            if (refused := _refuses(stage, up)) is not False:
                probes.append(replace(demand.probe, seen=bool(refused)))
                continue
            after = pair.new_image(stage.session) if pair is not None else None
            text = _made_of(demand, before, after, keys) if before is not None and after is not None else ""
            if text:
                silent.append(f"{demand.probe.table}: {text}")
    return Adverse(tuple(probes), tuple(silent))


def _refuses(stage: Stage, up: Callable[[], None]) -> bool | None:
    """Whether the upgrade fails; None where it did not end."""
    heads = set(stage.heads)
    try:
        up()
        check_deferred(stage.session)
    except Exception as error:
        from alembic_safety.rehearsal.transactions import LeftTransaction

        if isinstance(error, LeftTransaction) or is_fatal(error):
            raise
        return None if sqlstate(error) == _CANCELLED else True
    finally:
        stage.heads = heads
    return False


def _made_of(demand: Demand, before: Image, after: Image, keys: set[str]) -> str:
    """What became of rows that don't meet a demand; '' where they are as they were, or hold a value in the place of NULL."""
    probe = demand.probe
    if not before.key:
        return ""
    gone = [key for key in keys if key in before.rows and key not in after.rows]
    if gone:
        return f"rows that {probe.words} are deleted without a word ({shown(before.key, gone)}): {probe.demand}"
    for name in demand.columns:
        if name not in before.columns or name not in after.columns:
            continue
        there, here = before.column(name), after.column(name)
        changed = [
            key
            for key in keys
            if key in before.rows
            and before.rows[key][there] is not None
            and before.rows[key][there] != after.rows[key][here]
        ]
        if changed:
            return f"{name} is changed without a word in rows that {probe.words} ({shown(before.key, changed)}): {probe.demand}"
    return ""
