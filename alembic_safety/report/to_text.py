"""Text for people: a table with colours on a terminal, the same table in plain text elsewhere."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.report.records import Mark, Outcome, Report, Row

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_STYLE = {Mark.PLAIN: "", Mark.GOOD: "green", Mark.WARN: "yellow", Mark.BAD: "bold red"}
_SEVERITY_STYLE = {Severity.INFO: "cyan", Severity.WARNING: "yellow", Severity.ERROR: "bold red"}
#: Width where there is no terminal and COLUMNS says nothing: logs of continuous integration are wide.
_PLAIN_WIDTH = 140
_MOST_OF_A_CODE = 20


def write_text(report: Report, stream: TextIO) -> None:
    """Write a report for reading: facts, table, what is behind the rows that fell short, findings, summary."""
    from rich.text import Text

    console = console_for(stream)
    console.print(Text(report.title, style="bold"))
    for name, value in report.facts.items():
        console.print(Text.assemble((f"  {name}: ", "dim"), value))
    for note in report.notes:
        console.print(Text(f"  note: {note}", style="yellow"))
    if report.rows:
        console.print()
        console.print(_table(report, console))
    for row in report.rows:
        if row.detail and (row.telling or row.outcome is not Outcome.PASSED):
            _detail(console, row)
    if report.findings:
        console.print()
        _findings(console, report)
    console.print()
    console.print(Text(report.summary, style="bold green" if report.holds else "bold red"))


def console_for(stream: TextIO) -> Console:
    """A rich console on a stream: as wide as the terminal; without a terminal plain, and wide enough for a log."""
    from rich.console import Console

    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")  # a terminal without Unicode shows a question mark, not a traceback
    terminal = stream.isatty()
    columns = shutil.get_terminal_size().columns if terminal else int(os.environ.get("COLUMNS") or _PLAIN_WIDTH)
    return Console(file=stream, width=max(columns, 40), highlight=False, markup=False, emoji=False, soft_wrap=False)


def _table(report: Report, console: Console) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else box.ASCII2, show_edge=False, pad_edge=False)
    for column in report.columns:
        table.add_column(column, overflow="fold")
    for row in report.rows:
        table.add_row(*(Text(cell.text, style=_STYLE[cell.mark]) for cell in row.cells))
    return table


def _detail(console: Console, row: Row) -> None:
    from rich.padding import Padding
    from rich.text import Text

    style = {Outcome.SKIPPED: "yellow", Outcome.PASSED: "green"}.get(row.outcome, "bold red")
    outcome = () if row.telling else (" ", (row.outcome.value, style))
    console.print()
    console.print(Text.assemble((row.key, "bold"), *outcome, f"  {row.file or ''}"))
    for line in row.detail:
        console.print(Padding(Text(line), (0, 0, 0, 2), expand=False))


def _findings(console: Console, report: Report) -> None:
    """The findings, at most so many of a code: the other formats have all of them."""
    from rich.text import Text

    shown: Counter[str] = Counter()
    total = Counter(finding.code for finding in report.findings)
    for finding in report.findings:
        shown[finding.code] += 1
        if shown[finding.code] <= _MOST_OF_A_CODE:
            _finding(console, finding)
    for code, number in total.items():
        if number > _MOST_OF_A_CODE:
            console.print(Text(f"… and {number - _MOST_OF_A_CODE} more [{code}], in the other report formats", "dim"))


def _finding(console: Console, finding: Finding) -> None:
    from rich.padding import Padding
    from rich.text import Text

    place = f"{finding.file}:{finding.line}" if finding.file and finding.line else finding.file
    where = ", ".join(part for part in (finding.revision, place) if part)
    console.print(
        Text.assemble(
            (finding.severity.value, _SEVERITY_STYLE[finding.severity]),
            (f" [{finding.code}] ", "dim"),
            finding.message,
            (f" ({where})" if where else "", "dim"),
        ),
        soft_wrap=not console.is_terminal,  # a log is searched, line by line
    )
    more = []
    if finding.examples:
        more.append(f"for example: {', '.join(finding.examples)}")
    if finding.query:
        more.append(finding.query)
    if finding.remedy:
        more.append(f"→ {finding.remedy}")
    for line in more:
        console.print(Padding(Text(line), (0, 0, 0, 4), expand=False))
