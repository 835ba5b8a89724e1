"""An outcome as the verdict that a report shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_safety.rehearsal.rows.records import rows_lost, since_lost
from alembic_safety.rehearsal.rows.repeat import volatile_calls
from alembic_safety.rehearsal.verdict import Down, Restored, Verdict

if TYPE_CHECKING:
    from alembic_safety.rehearsal.outcome import Outcome
    from alembic_safety.rehearsal.soundness import Found
    from alembic_safety.revisions.chain import Revision

#: Kinds that an application's queries name.
_MISSED = frozenset({"table", "view", "materialized_view", "column"})


def describe(
    revision: Revision,
    outcome: Outcome,
    root: Path,
    *,
    judged: bool = True,
    culprit: str | None = None,
    stand_ins: tuple[str, ...] = (),
    found: Found | None = None,
    seconds: float = 0.0,
) -> Verdict:
    """The verdict of one revision.

    :param root: paths of files are told relative to it.
    :param judged: False where it was only applied, for later ones.
    :param culprit: the revision whose failure kept this one from being reached.
    :param stand_ins: what was created because the revision expects it.
    :param found: what it did to views and functions.
    :param seconds: how long all of it took.
    """
    path = revision.path
    file = str(path.relative_to(root)) if path.is_relative_to(root) else path.name
    verdict = Verdict(
        revision=revision.id,
        title=revision.title,
        file=file,
        up=outcome.up,
        down=outcome.down,
        restored=outcome.restored,
        again=outcome.again,
        error=outcome.error,
        culprit=culprit,
        differences=tuple(d.message for d in outcome.left),
        again_differences=tuple(d.message for d in outcome.again_left),
        unmodelled=tuple(f"{kind} {name}" for kind, name in (outcome.after.unmodelled if outcome.after else ())),
        stand_ins=stand_ins,
        committed=outcome.committed,
        applied_only=not judged,
        **_on_rows(outcome, revision),
        activity=outcome.activity,
        dropped=tuple(_dropped(outcome)),
        broken_views=found.views if found is not None else (),
        broken_routines=found.routines if found is not None else (),
        mended=found.mended if found is not None else (),
        seconds=seconds,
    )
    if verdict.down is Down.EMPTY and outcome.changed_nothing and verdict.restored is Restored.IDENTICAL:
        # There was nothing to take back, and "pass" says so.
        verdict = replace(verdict, down=Down.RAN)
    return verdict


def _dropped(outcome: Outcome) -> Iterator[str]:
    """Tables, views and columns that the application misses after the upgrade."""
    if outcome.before is None or outcome.after is None:
        return
    for address in sorted(outcome.before.objects.keys() - outcome.after.objects.keys()):
        obj = outcome.before.objects[address]
        if obj.kind in _MISSED and (obj.kind, obj.identity) not in outcome.after.by_identity:
            yield f"{obj.kind} {obj.identity}"


def _on_rows(outcome: Outcome, revision: Revision) -> dict[str, Any]:
    """What the rehearsal on rows says of the revision's own downgrade, as fields of a verdict."""
    rows = outcome.rows
    if rows is None:
        return {}
    way = rows.ways.get("own")
    since = way.since if way is not None else None
    return {
        "data": rows.data,
        "data_refused": rows.refused,
        "unfilled": rows.unfilled,
        "rows_lost": rows_lost(rows),
        "since_lost": since_lost(rows),
        "since_stops": since.stops if since is not None else (),
        "since_silent": since.silent if since is not None else (),
        "silent": rows.silent,
        "demands": tuple(probe.demand for probe in rows.probes if probe.seen),
        "volatile": rows.volatile,
        "volatile_calls": volatile_calls(revision.source) if rows.volatile else (),
    }
