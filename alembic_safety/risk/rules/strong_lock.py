"""Any strong lock on a large table queues the application behind it while the migration waits for its turn."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.risk.subject import Subject


def look(subject: Subject) -> Iterator[Finding]:
    """AccessExclusiveLock on a table that is known to be large, though only for a moment."""
    told: set[str] = set()
    for step in subject.steps:
        for table, mode in step.locks.items():
            is_large = bool(subject.sizes) and subject.sizes.get(table, 0) >= subject.large
            if mode != "AccessExclusiveLock" or not is_large or table in told or step.scans or step.rewrites:
                continue
            told.add(table)
            yield subject.finding(
                "strong-lock",
                f"{subject.sized(table)} is locked for everybody, if only for a moment; while the statement waits for older "
                "transactions, all that come after it wait too",
                "keep lock_timeout short (3 s by default), so that it gives way and tries again",
                table,
                severity=Severity.INFO,
            )
