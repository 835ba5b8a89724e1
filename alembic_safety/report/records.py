"""What a report holds: facts, rows of one table, findings and a summary; the contract between commands and formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from alembic_safety.model.finding import Finding, Severity


class Outcome(str, Enum):
    """How one row ended."""

    PASSED = "passed"
    #: It was done, and falls short.
    FAILED = "failed"
    #: It could not be done.
    ERROR = "error"
    #: It was not tried, and ``Row.detail`` says why.
    SKIPPED = "skipped"


class Mark(str, Enum):
    """How a cell is to be read; formats with colours colour it."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


class Cell(NamedTuple):
    """One cell of a report's table."""

    text: str
    mark: Mark = Mark.PLAIN


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One subject of a report: a revision that was rehearsed, a table that was verified."""

    #: Stable name, unique in the report: the revision, the table.
    key: str
    outcome: Outcome
    #: As many as the report has columns.
    cells: tuple[Cell, ...]
    #: Stable kebab-case name of how it fell short, where it did: ``schema-not-restored``.
    code: str = ""
    #: What a reader needs to know beyond the cells, a line each.
    detail: tuple[str, ...] = ()
    #: Whether the detail is worth a terminal's lines also where nothing fell short.
    telling: bool = False
    #: Seconds.
    duration: float | None = None
    #: Source, relative to the project.
    file: str | None = None
    #: The record behind the row, JSON values, for machine-readable formats.
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """The result of one command."""

    #: The command: ``safety-test``.
    command: str
    title: str
    #: One line that says how it went.
    summary: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    findings: tuple[Finding, ...] = ()
    #: Whether the findings are what the report is about, and the rows only what was looked at.
    findings_first: bool = False
    #: Name and value of what the run depended on: server, range of revisions.
    facts: Mapping[str, str] = field(default_factory=dict)
    #: What was different from a plain run, a sentence each: roles and extensions that were stood in for.
    notes: tuple[str, ...] = ()
    #: Seconds.
    duration: float | None = None

    def __post_init__(self) -> None:
        """Refuse a row that does not fit the columns: every format relies on it."""
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(f"row {row.key!r} has {len(row.cells)} cells for {len(self.columns)} columns")

    @property
    def holds(self) -> bool:
        """Whether nothing falls short: no row failed or could not be done, and no finding is an error."""
        unfinished = any(row.outcome is not Outcome.PASSED for row in self.rows)
        return not unfinished and all(finding.severity is not Severity.ERROR for finding in self.findings)

    def count(self, outcome: Outcome) -> int:
        """How many rows ended so."""
        return sum(row.outcome is outcome for row in self.rows)
