"""A rehearsal as a report: one row a revision, its shortfall in words below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.rehearsal.rows.records import FAILS
from alembic_safety.rehearsal.verdict import Again, Down, Rehearsal, Restored, Up, Verdict, mended_by
from alembic_safety.report.records import Cell, Mark, Outcome, Report, Row
from alembic_safety.report.risks import risks

COLUMNS = ("revision", "title", "upgrade", "downgrade", "schema restored", "upgrade again", "time")


class Shortfall(NamedTuple):
    """How a revision falls short: a stable name for machines, and how the summary counts it."""

    code: str
    words: str


# A table for each step: members of different enumerations with the same value are equal, and would overwrite each other.
_UP: Mapping[Up, Shortfall] = {
    Up.FAILED: Shortfall("upgrade-failed", "failed to upgrade"),
    Up.TIMED_OUT: Shortfall("upgrade-timed-out", "timed out while upgrading"),
    Up.UNAVAILABLE: Shortfall("extension-missing", "could not be rehearsed on this server"),
    Up.NOT_REACHED: Shortfall("not-reached", "not reached"),
}
_DOWN: Mapping[Down, Shortfall] = {
    Down.MISSING: Shortfall("downgrade-missing", "without a downgrade"),
    Down.EMPTY: Shortfall("downgrade-empty", "with an empty downgrade"),
    Down.REFUSES: Shortfall("downgrade-refuses", "that refuse to downgrade"),
    Down.FAILED: Shortfall("downgrade-failed", "failed to downgrade"),
    Down.TIMED_OUT: Shortfall("downgrade-timed-out", "timed out while downgrading"),
    Down.NOT_TRIED: Shortfall("downgrade-not-tried", "not downgraded"),
}
_RESTORED: Mapping[Restored, Shortfall] = {
    Restored.DIFFERENT: Shortfall("schema-not-restored", "left the schema different"),
    Restored.NOT_TRIED: Shortfall("schema-not-compared", "not compared"),
}
_AGAIN: Mapping[Again, Shortfall] = {
    Again.DIFFERENT: Shortfall("second-upgrade-different", "gave something else the second time"),
    Again.FAILED: Shortfall("second-upgrade-failed", "failed to upgrade again"),
    Again.TIMED_OUT: Shortfall("second-upgrade-timed-out", "timed out while upgrading again"),
    Again.NOT_TRIED: Shortfall("second-upgrade-not-tried", "not upgraded again"),
}
#: Every shortfall, in the order in which a summary counts them.
SHORTFALLS = (*_UP.values(), *_DOWN.values(), *_RESTORED.values(), *_AGAIN.values())


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
        findings=(
            *_not_compared(rehearsal.verdicts),
            *_broken(rehearsal),
            *_on_rows(rehearsal.verdicts),
            *risks(rehearsal.verdicts),
        ),
        facts=rehearsal.facts,
        notes=rehearsal.notes,
        duration=rehearsal.seconds,
    )


def shortfall(verdict: Verdict) -> Shortfall | None:
    """The first step that falls short, or None where the revision holds."""
    if verdict.holds:
        return None
    if verdict.up is not Up.RAN:
        return _UP[verdict.up]
    if verdict.down is Down.EMPTY and verdict.restored is Restored.DIFFERENT:
        return _DOWN[Down.EMPTY]
    if verdict.down not in (Down.RAN, Down.EMPTY):
        return _DOWN[verdict.down]
    if verdict.restored not in (Restored.IDENTICAL, Restored.COLUMN_ORDER):
        return _RESTORED[verdict.restored]
    return _AGAIN[verdict.again]


def _summary(judged: list[Verdict]) -> str:
    holding = sum(v.holds for v in judged)
    order = sum(v.holds and v.restored is Restored.COLUMN_ORDER for v in judged)
    text = f"{holding} of {len(judged)} revisions go up, down and up again"
    if order:
        text += f" ({order} of them restored up to physical column order)"
    counts = Counter(shortfall(verdict) for verdict in judged)
    if parts := [f"{counts[each]} {each.words}" for each in SHORTFALLS if counts[each]]:
        text += "; " + ", ".join(parts)
    cached = sum(v.cached for v in judged)
    return text + (f"; {cached} known from an earlier run" if cached else "")


def _row(verdict: Verdict) -> Row:
    short = shortfall(verdict)
    return Row(
        key=verdict.revision,
        outcome=_outcome(verdict),
        code=short.code if short else "",
        cells=(
            Cell(verdict.revision),
            Cell(verdict.title),
            *(_cell(result) for result in (verdict.up, verdict.down, verdict.restored, verdict.again)),
            Cell("cached" if verdict.cached else _time(verdict.seconds)),
        ),
        detail=tuple(detail(verdict)),
        duration=verdict.seconds,
        file=verdict.file or None,
        data=verdict.to_json(),
    )


def _outcome(verdict: Verdict) -> Outcome:
    if verdict.holds:
        return Outcome.PASSED
    if verdict.up is Up.NOT_REACHED:
        return Outcome.SKIPPED
    return Outcome.ERROR if verdict.up is Up.UNAVAILABLE else Outcome.FAILED


def _cell(result: Up | Down | Restored | Again) -> Cell:
    if result.value == "not tried":
        return Cell("–")
    if result is Restored.COLUMN_ORDER:
        return Cell("up to column order", Mark.GOOD)
    if result in (Up.RAN, Down.RAN, Restored.IDENTICAL, Again.SAME):
        return Cell(result.value, Mark.GOOD)
    # an empty downgrade is right where the upgrade changes no schema
    mild = result in (Up.NOT_REACHED, Up.UNAVAILABLE, Down.EMPTY)
    return Cell(result.value, Mark.WARN if mild else Mark.BAD)


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def detail(verdict: Verdict) -> Iterator[str]:
    """What a reader needs to know beyond the cells of a row, a line each."""
    if verdict.culprit is not None:
        yield verdict.out_of_reach
    of_second_upgrade = verdict.again in (Again.FAILED, Again.TIMED_OUT)
    if verdict.error is not None and verdict.culprit is None and not of_second_upgrade:
        yield from verdict.error.splitlines()
    if verdict.down is Down.MISSING:
        yield "there is no downgrade(): 'alembic safety-downgrade' writes one"
    if verdict.down is Down.EMPTY and not verdict.holds:
        yield "downgrade() does nothing, although the upgrade changed something: 'alembic safety-downgrade' writes one"
    yield from verdict.differences
    if verdict.error is not None and of_second_upgrade:
        yield "the second upgrade failed:"
        yield from verdict.error.splitlines()
    if verdict.again_differences:
        yield "after the second upgrade, against after the first:"
        yield from verdict.again_differences
    for name in verdict.stand_ins:
        yield f"{name} did not exist and was created as a stand-in"


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


def _broken(rehearsal: Rehearsal) -> Iterator[Finding]:
    """Views and functions that an upgrade leaves broken: PostgreSQL keeps no dependency on what a function names."""
    verdicts = rehearsal.verdicts
    for number, verdict in enumerate(verdicts):
        kinds = (
            ("broken-view", Severity.ERROR, verdict.broken_views),
            ("broken-routine", Severity.WARNING, verdict.broken_routines),
        )
        for code, severity, sentences in kinds:
            for sentence in sentences:
                mended = mended_by(sentence, verdicts[number + 1 :])
                yield Finding(
                    code=code,
                    severity=Severity.WARNING if mended else severity,
                    message=f"after {verdict.revision} {sentence}" + (f"; {mended} mends it" if mended else ""),
                    revision=verdict.revision,
                    file=verdict.file or None,
                    remedy="Replace it in the same revision",
                )


class _Said(NamedTuple):
    """How a sentence about rows is reported."""

    field: str
    code: str
    severity: Severity
    #: With the revision and the sentence.
    message: str


#: A line for each list of sentences of a verdict.
_SAID = (
    _Said("rows_lost", "rows-not-restored", Severity.WARNING, "the downgrade of {0} does not bring rows back: {1}"),
    _Said(
        "since_lost",
        "new-rows-lost",
        Severity.WARNING,
        "the downgrade of {0} loses what was written since the upgrade: {1}",
    ),
    _Said(
        "since_silent",
        "new-rows-lost",
        Severity.WARNING,
        "the downgrade of {0} loses what the old schema cannot hold: {1}",
    ),
    _Said("since_stops", "downgrade-stops-on-new-rows", Severity.INFO, "the downgrade of {0} stops on {1}"),
    _Said("silent", "rows-changed-silently", Severity.WARNING, "{0} changes what it has no place for: {1}"),
    _Said("demands", "rows-demanded", Severity.INFO, "{0} is refused by rows that do not fit: {1}"),
)


def _on_rows(verdicts: tuple[Verdict, ...]) -> Iterator[Finding]:
    """What only rows showed: downgrades that don't bring them back, upgrades that don't accept them."""
    for verdict in verdicts:
        file = verdict.file or None
        for said in _SAID:
            for line in getattr(verdict, said.field):
                code, severity = said.code, said.severity
                message = said.message.format(verdict.revision, line)
                if line.startswith(FAILS):
                    code, severity = "downgrade-fails-on-rows", Severity.ERROR
                    message = f"the downgrade of {verdict.revision} runs on empty tables only: {line}"
                yield Finding(code=code, severity=severity, message=message, revision=verdict.revision, file=file)
        if verdict.volatile:
            calls = f" (it calls {', '.join(verdict.volatile_calls)})" if verdict.volatile_calls else ""
            yield Finding(
                code="not-deterministic",
                severity=Severity.INFO,
                message=f"{verdict.revision} writes other values each time it runs{calls}: {', '.join(verdict.volatile)}",
                revision=verdict.revision,
                file=file,
            )
        if verdict.unfilled:
            yield Finding(
                code="table-not-filled",
                severity=Severity.INFO,
                message=f"{verdict.revision} was rehearsed without rows in {', '.join(verdict.unfilled)}: none could be made",
                revision=verdict.revision,
                file=file,
            )
        if verdict.data_refused and not verdict.committed:
            what = "any rows" if verdict.data == "none" else "all kinds of rows"
            yield Finding(
                code="rows-refused",
                severity=Severity.INFO,
                message=f"{verdict.revision} was not rehearsed on {what}: {verdict.data_refused.splitlines()[0]}",
                revision=verdict.revision,
                file=file,
            )
