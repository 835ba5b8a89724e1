"""What a verification gives besides findings: row counts, states of sequences, and the result as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from alembic_safety.model.finding import Finding, Severity

#: The code of a finding that says what was not read, and why.
NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True)
class RowCount:
    """How many rows a table has (a partitioned table: see ``Result.row_counts``)."""

    table: str
    rows: int
    exact: bool


@dataclass(frozen=True, slots=True)
class SequenceState:
    """Where a sequence stands."""

    sequence: str
    next_value: int
    #: How many values it can still give before it or its column is exhausted; None where it starts again.
    left: int | None


#: What a check yields.
Record: TypeAlias = "Finding | RowCount | SequenceState"


@dataclass(slots=True)
class Result:
    """What a verification found, complete or up to the moment when it was stopped."""

    findings: list[Finding] = field(default_factory=list)
    row_counts: dict[str, RowCount] = field(default_factory=dict)
    sequences: list[SequenceState] = field(default_factory=list)
    #: Server version, as ``server_version_num``.
    server_version: int = 0
    tables: int = 0
    tasks_done: int = 0
    tasks_planned: int = 0
    seconds: float = 0.0
    #: Why it ended early: ``interrupted``, ``time limit``; None when it is complete.
    stopped: str | None = None
    #: Which checks were passed over although nothing is wrong with them, and why.
    skipped: list[str] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Take in one record."""
        if isinstance(record, Finding):
            self.findings.append(record)
        elif isinstance(record, RowCount):
            self.row_counts[record.table] = record
        else:
            self.sequences.append(record)

    @property
    def errors(self) -> list[Finding]:
        """The findings that make a run fail."""
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]

    @property
    def unchecked(self) -> list[Finding]:
        """What could not be read."""
        return [finding for finding in self.findings if finding.code == NOT_CHECKED]


def not_checked(subject: str | None, reason: str, *, kind: str | None = None, what: str = "") -> Finding:
    """A finding that says that something was not verified."""
    named = f"{what} of {subject}" if what and subject else what or subject or "the database"
    return Finding(
        code=NOT_CHECKED,
        severity=Severity.WARNING,
        message=f"{named} was not checked: {reason}",
        kind=kind,
        subject=subject,
    )
