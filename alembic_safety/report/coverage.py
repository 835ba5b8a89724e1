"""The coverage of a history by downgrades, as a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from alembic_safety.rehearsal.certificate import Grade
from alembic_safety.rehearsal.coverage import Action, Entry
from alembic_safety.rehearsal.verdict import Up
from alembic_safety.report.records import Cell, Mark, Outcome, Report, Row
from alembic_safety.revisions.anatomy import MARKED

COLUMNS = ("revision", "title", "downgrade", "grade", "rating", "statements")

_MARKS = {Grade.EXACT: Mark.GOOD, Grade.SCHEMA_EXACT: Mark.WARN, Grade.INEXACT: Mark.BAD, Grade.IRREVERSIBLE: Mark.BAD}
_WORDS = {
    Action.WRITE: "written",
    Action.REPLACE: "replaced",
    Action.KEEP: "kept",
    Action.PROPOSE: "falls short, proposal below",
    Action.NONE: "–",
}
_DRY = {Action.WRITE: "derived", Action.REPLACE: "derived, replaces"}


def coverage_report(
    entries: Sequence[Entry], *, written: bool, facts: dict[str, str], notes: Sequence[str] = ()
) -> Report:
    """What every format shows of it.

    :param written: whether revision files were edited.
    """
    return Report(
        command="safety-downgrade",
        title="Downgrades",
        summary=_summary(entries, written=written),
        columns=COLUMNS,
        rows=tuple(_row(entry, written=written) for entry in entries),
        facts=facts,
        notes=tuple(notes),
    )


def _summary(entries: Sequence[Entry], *, written: bool) -> str:
    grades = Counter(entry.grade.value for entry in entries if entry.grade is not None)
    text = f"{len(entries)} revisions: " + (
        ", ".join(f"{grades[grade.value]} {grade.value}" for grade in Grade if grades[grade.value]) or "none graded"
    )
    for words, actions in (
        ("written" if written else "derived", (Action.WRITE, Action.REPLACE)),
        ("up to date", (Action.KEEP,)),
        ("hand-written kept", (Action.KEEP,)),
        ("hand-written that fall short", (Action.PROPOSE,)),
    ):
        count = sum(
            entry.action in actions
            and (Action.KEEP not in actions or (entry.state == MARKED) is (words == "up to date"))
            for entry in entries
        )
        if count:
            text += f"; {count} {words}"
    failed = sum(entry.verdict.up is not Up.RAN for entry in entries)
    return text + (f"; {failed} could not be upgraded" if failed else "")


def _row(entry: Entry, *, written: bool) -> Row:
    verdict, derived = entry.verdict, entry.derived
    outcome = Outcome.PASSED
    if verdict.up is not Up.RAN:
        outcome = Outcome.SKIPPED if verdict.up is Up.NOT_REACHED else Outcome.ERROR
    elif entry.grade in (Grade.INEXACT, Grade.IRREVERSIBLE, None) or entry.action is Action.PROPOSE:
        outcome = Outcome.FAILED
    words = _WORDS[entry.action] if written else _DRY.get(entry.action, _WORDS[entry.action])
    return Row(
        key=entry.revision.id,
        outcome=outcome,
        cells=(
            Cell(entry.revision.id),
            Cell(entry.revision.title),
            Cell(words),
            Cell(entry.grade.value, _MARKS[entry.grade]) if entry.grade is not None else Cell("–"),
            Cell(derived.rating.value if derived is not None else "–"),
            Cell(
                str(len(derived.synthesis.statements)) if derived is not None and derived.synthesis is not None else "–"
            ),
        ),
        detail=tuple(_detail(entry)),
        file=verdict.file or None,
        data={
            "revision": entry.revision.id,
            "action": entry.action.value,
            "grade": entry.grade.value if entry.grade is not None else None,
            "own_grade": entry.own_grade.value if entry.own_grade is not None else None,
            "reasons": list(entry.reasons),
            "rating": derived.rating.value if derived is not None else None,
            "rating_reasons": list(derived.synthesis.rating_reasons)
            if derived is not None and derived.synthesis
            else [],
            "statements": [s.sql for s in derived.synthesis.statements]
            if derived is not None and derived.synthesis
            else [],
            "verdict": verdict.to_json(),
        },
    )


def _detail(entry: Entry) -> Iterator[str]:
    if entry.verdict.culprit is not None:
        yield entry.verdict.out_of_reach
    elif entry.verdict.error is not None and entry.verdict.up is not Up.RAN:
        yield entry.verdict.error
    yield from entry.reasons
    if entry.action is Action.KEEP and entry.reasons and entry.derived is not None and not entry.derived.proven:
        yield f"nothing better was proven: {next(iter(entry.derived.reasons), 'it does not give the schema back')}"
    if entry.action is Action.PROPOSE:
        yield "a downgrade that was proven ('alembic safety-downgrade --broken' writes it):"
        for line in entry.body:
            yield from ("    " + part for part in line.split("\n"))
