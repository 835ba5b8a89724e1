"""A rehearsal as a report: one row a revision, its shortfall in words below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeAlias, Union

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.rehearsal.verdict import Again, Down, Rehearsal, Restored, Up, Verdict
from alembic_safety.report.records import Cell, Mark, Outcome, Report, Row

Step: TypeAlias = Union[Up, Down, Restored, Again]
COLUMNS = ("revision", "title", "upgrade", "downgrade", "schema restored", "upgrade again", "time")

_MARKS: Mapping[Step, Mark] = {
    Up.RAN: Mark.GOOD,
    Up.NOT_REACHED: Mark.WARN,
    Up.UNAVAILABLE: Mark.WARN,
    Down.RAN: Mark.GOOD,
    Restored.IDENTICAL: Mark.GOOD,
    Restored.COLUMN_ORDER: Mark.GOOD,
    Again.SAME: Mark.GOOD,
}

#: For each result that falls short: its stable name for machines, and how the summary counts it.
SHORTFALLS: Mapping[Step, tuple[str, str]] = {
    Up.FAILED: ("upgrade-failed", "failed to upgrade"),
    Up.TIMED_OUT: ("upgrade-timed-out", "timed out while upgrading"),
    Up.UNAVAILABLE: ("extension-missing", "could not be rehearsed on this server"),
    Up.NOT_REACHED: ("not-reached", "not reached"),
    Down.MISSING: ("downgrade-missing", "without a downgrade"),
    Down.EMPTY: ("downgrade-empty", "with an empty downgrade"),
    Down.REFUSES: ("downgrade-refuses", "that refuse to downgrade"),
    Down.FAILED: ("downgrade-failed", "failed to downgrade"),
    Down.TIMED_OUT: ("downgrade-timed-out", "timed out while downgrading"),
    Down.NOT_TRIED: ("downgrade-not-tried", "not downgraded"),
    Restored.DIFFERENT: ("schema-not-restored", "left the schema different"),
    Restored.NOT_TRIED: ("schema-not-compared", "not compared"),
    Again.DIFFERENT: ("second-upgrade-different", "gave something else the second time"),
    Again.FAILED: ("second-upgrade-failed", "failed to upgrade again"),
    Again.TIMED_OUT: ("second-upgrade-timed-out", "timed out while upgrading again"),
    Again.NOT_TRIED: ("second-upgrade-not-tried", "not upgraded again"),
}


def rehearsal_report(rehearsal: Rehearsal) -> Report:
    """What every format shows of a rehearsal.

    Revisions that were only applied, because they lie outside of the range that was asked for, are left out as long as
    they could be applied.
    """
    return Report(
        command="safety-test",
        title="Rehearsal",
        summary=_summary([v for v in rehearsal.verdicts if not v.applied_only]),
        columns=COLUMNS,
        rows=tuple(_row(v) for v in rehearsal.verdicts if not (v.applied_only and v.holds)),
        findings=tuple(_not_compared(rehearsal.verdicts)),
        facts=rehearsal.facts,
        notes=rehearsal.notes,
        duration=rehearsal.seconds,
    )


def shortfall(verdict: Verdict) -> Step | None:
    """The first step that falls short, or None where the revision holds."""
    if verdict.holds:
        return None
    if verdict.up is not Up.RAN:
        return verdict.up
    if verdict.down is Down.EMPTY and verdict.restored is Restored.DIFFERENT:
        return Down.EMPTY
    if verdict.down not in (Down.RAN, Down.EMPTY):
        return verdict.down
    if verdict.restored not in (Restored.IDENTICAL, Restored.COLUMN_ORDER):
        return verdict.restored
    return verdict.again


def _summary(judged: list[Verdict]) -> str:
    holding = sum(v.holds for v in judged)
    order = sum(v.holds and v.restored is Restored.COLUMN_ORDER for v in judged)
    text = f"{holding} of {len(judged)} revisions go up, down and up again"
    if order:
        text += f" ({order} of them restored up to physical column order)"
    steps = Counter(step for verdict in judged if (step := shortfall(verdict)))
    if steps:
        text += "; " + ", ".join(f"{steps[step]} {words}" for step, (_, words) in SHORTFALLS.items() if steps[step])
    cached = sum(v.cached for v in judged)
    return text + (f"; {cached} known from an earlier run" if cached else "")


def _row(verdict: Verdict) -> Row:
    step = shortfall(verdict)
    return Row(
        key=verdict.revision,
        outcome=_outcome(step),
        code=SHORTFALLS[step][0] if step else "",
        cells=(
            Cell(verdict.revision),
            Cell(verdict.title),
            *(_cell(result) for result in (verdict.up, verdict.down, verdict.restored, verdict.again)),
            Cell("known" if verdict.cached else _time(verdict.seconds)),
        ),
        detail=tuple(_detail(verdict)),
        duration=verdict.seconds,
        file=verdict.file or None,
        data=verdict.to_json(),
    )


def _outcome(step: Step | None) -> Outcome:
    if step is None:
        return Outcome.PASSED
    if step is Up.NOT_REACHED:
        return Outcome.SKIPPED
    return Outcome.ERROR if step is Up.UNAVAILABLE else Outcome.FAILED


def _cell(result: Step) -> Cell:
    if result in (Down.NOT_TRIED, Restored.NOT_TRIED, Again.NOT_TRIED):
        return Cell("–")
    if result is Restored.COLUMN_ORDER:
        return Cell("up to column order", Mark.GOOD)
    if result is Down.EMPTY:
        return Cell(result.value, Mark.WARN)  # right where the upgrade changes no schema
    return Cell(result.value, _MARKS.get(result, Mark.BAD))


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _detail(verdict: Verdict) -> Iterator[str]:
    if verdict.culprit is not None:
        yield f"not reached: {verdict.culprit} could not be applied"
    if verdict.error is not None:
        yield from verdict.error.splitlines()
    if verdict.down is Down.MISSING:
        yield "there is no downgrade(): 'alembic safety-downgrade' writes one"
    if verdict.down is Down.EMPTY and not verdict.holds:
        yield "downgrade() does nothing, although the upgrade changed something: 'alembic safety-downgrade' writes one"
    yield from verdict.differences
    if verdict.again_differences:
        yield "after the second upgrade, against after the first:"
        yield from verdict.again_differences
    for role in verdict.stand_in_roles:
        yield f"role {role} does not exist on this server and was created as a stand-in"
    for name in verdict.unmodelled:
        yield f"not compared: {name}"


def _not_compared(verdicts: tuple[Verdict, ...]) -> Iterator[Finding]:
    """One finding for each object that no snapshot models, at the first revision that has it."""
    seen: set[str] = set()
    for verdict in verdicts:
        for name in verdict.unmodelled:
            if name not in seen:
                seen.add(name)
                yield Finding(
                    code="not-compared",
                    severity=Severity.WARNING,
                    message=f"{name} is of a kind that is not compared: nothing is said about it",
                    subject=name,
                    revision=verdict.revision,
                    file=verdict.file or None,
                )
