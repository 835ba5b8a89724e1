"""Markdown, for a comment under a pull request or a job's summary page."""

from __future__ import annotations

import re
from typing import TextIO

from alembic_safety.model.finding import Finding
from alembic_safety.report.records import Cell, Mark, Report

_SIGN = {Mark.GOOD: "✅ ", Mark.WARN: "⚠️ ", Mark.BAD: "❌ ", Mark.PLAIN: ""}
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~])")


def write_markdown(report: Report, stream: TextIO) -> None:
    """Write a report as Markdown."""
    lines = [f"## {_escape(report.title)}", "", f"{'✅' if report.holds else '❌'} **{_escape(report.summary)}**", ""]
    lines += [f"- {_escape(name)}: {_escape(value)}" for name, value in report.facts.items()]
    lines += [f"- {_escape(note)}" for note in report.notes]
    parts = [_rows(report), _findings(report)]
    for part in reversed(parts) if report.findings_first else parts:
        lines += part
    stream.write("\n".join(lines).rstrip() + "\n")


def _rows(report: Report) -> list[str]:
    lines: list[str] = []
    if report.rows:
        lines += ["", _line(report.columns), _line("---" for _ in report.columns)]
        lines += [_line(_cell(cell) for cell in row.cells) for row in report.rows]
    for row in report.rows:
        if row.detail:
            lines += ["", f"**{_escape(row.key)}** ({row.outcome.value})", ""]
            lines += [f"- {_escape(line)}" for line in row.detail]
    return lines


def _findings(report: Report) -> list[str]:
    if not report.findings:
        return []
    return ["", "### Findings", "", *(line for finding in report.findings for line in _finding(finding))]


def _line(cells: object) -> str:
    return f"| {' | '.join(cells)} |"  # type: ignore[arg-type]


def _cell(cell: Cell) -> str:
    return _SIGN[cell.mark] + _escape(cell.text)


def _finding(finding: Finding) -> list[str]:
    place = f"{finding.file}:{finding.line}" if finding.file and finding.line else finding.file
    where = ", ".join(part for part in (finding.revision, place) if part)
    lines = [f"- **{finding.severity.value}** `{finding.code}`: {_escape(finding.message)}"]
    lines[0] += f" ({_escape(where)})" if where else ""
    if finding.examples:
        lines.append(f"  - for example {_escape(', '.join(finding.examples))}")
    if finding.remedy:
        lines.append(f"  - {_escape(finding.remedy)}")
    if finding.query:
        lines += ["", *(f"    {line}" for line in ("```sql", *finding.query.splitlines(), "```")), ""]
    return lines


def _escape(text: str) -> str:
    """Text that shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", text.replace("\r", "").replace("\n", " "))
