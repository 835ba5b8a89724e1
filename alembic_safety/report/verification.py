"""A verification as a report: a row for each table, the findings, and what they add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from alembic_safety.integrity.baseline import Baseline
from alembic_safety.integrity.records import NOT_CHECKED, Result, RowCount
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.report.records import Cell, Mark, Outcome, Report, Row

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def verification_report(
    result: Result, findings: Sequence[Finding], baseline: Baseline, *, strict: bool = False
) -> Report:
    """The report on a verification; ``findings`` are those that no baseline accepts.

    With ``strict`` warnings fail, too, and are shown as errors in every format.
    """
    ordered = sorted(findings, key=lambda f: (_ORDER[f.severity], f.code, f.subject or "", f.message))
    facts = {
        "server": f"PostgreSQL {result.server_version // 10000}.{result.server_version % 10000}",
        "tables": str(result.tables),
        "sequences": str(len(result.sequences)),
        "read": f"{result.tasks_done} of {result.tasks_planned} steps",
    }
    notes = [f"{len(baseline.met)} findings are accepted by {baseline.file}"] if baseline.met else []
    if result.stopped:
        notes.append(f"stopped early ({result.stopped}): this is what was found so far")
    failing = set() if not strict else {Severity.WARNING}
    shown = tuple(_raised(finding, failing) for finding in ordered)
    return Report(
        command="safety-verify",
        title="Integrity of the database",
        summary=summary(result, shown),
        columns=("table", "rows", "findings"),
        rows=_rows(result, shown),
        findings=shown,
        findings_first=True,
        facts=facts,
        notes=tuple(notes),
        duration=result.seconds,
    )


def summary(result: Result, findings: Sequence[Finding]) -> str:
    """One line that says how it went."""
    errors = sum(f.severity is Severity.ERROR for f in findings)
    warnings = sum(f.severity is Severity.WARNING and f.code != NOT_CHECKED for f in findings)
    unread = sum(f.code == NOT_CHECKED for f in findings)
    what = [
        _many(errors, "error", "no errors"),
        _many(warnings, "warning", "no warnings"),
        *([f"{unread} not checked"] if unread else []),
    ]
    rows = sum(count.rows for count in result.row_counts.values())
    tables = _many(result.tables, "table", "no tables")
    read = f"{tables} with {_many(rows, 'row', 'no rows')}"
    if result.stopped:
        done = f"{result.tasks_done} of {result.tasks_planned} steps in {result.seconds:.1f} s"
        return f"{', '.join(what)} so far in {read}; stopped early after {done} ({result.stopped})"
    return f"{', '.join(what)} in {read} ({result.seconds:.1f} s)"


def _many(count: int, word: str, none: str) -> str:
    return none if not count else f"{count} {word}" if count == 1 else f"{count} {word}s"


def _raised(finding: Finding, failing: set[Severity]) -> Finding:
    if finding.severity not in failing:
        return finding
    return replace(finding, severity=Severity.ERROR)


def _rows(result: Result, findings: Sequence[Finding]) -> tuple[Row, ...]:
    errors: Counter[str] = Counter()
    warnings: Counter[str] = Counter()
    for finding in findings:
        table = _table(finding.table or finding.subject, result)
        if table is not None and finding.severity is not Severity.INFO:
            (errors if finding.severity is Severity.ERROR else warnings)[table] += 1
    return tuple(_row(count, errors[name], warnings[name]) for name, count in sorted(result.row_counts.items()))


def _table(subject: str | None, result: Result) -> str | None:
    """The table that a finding is about: its subject, or what the subject is a part of."""
    while subject and subject not in result.row_counts:
        subject = subject.rpartition(".")[0]
    return subject or None


def _row(count: RowCount, errors: int, warnings: int) -> Row:
    rows = f"{count.rows}" if count.exact else f"about {count.rows}"
    found = [_many(errors, "error", ""), _many(warnings, "warning", "")]
    mark = Mark.BAD if errors else Mark.WARN if warnings else Mark.PLAIN
    return Row(
        key=count.table,
        outcome=Outcome.FAILED if errors else Outcome.PASSED,
        code="integrity-violated" if errors else "",
        cells=(Cell(count.table), Cell(rows), Cell(", ".join(filter(None, found)), mark)),
        data={"rows": count.rows, "exact": count.exact},
    )
