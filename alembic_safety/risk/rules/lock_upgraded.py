"""A transaction that writes rows and then needs the table for itself deadlocks with another that does the same."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding
from alembic_safety.postgres.lock_modes import rank
from alembic_safety.risk.subject import Subject

_WRITES = rank("RowExclusiveLock")
_STRONG = rank("ShareLock")


def look(subject: Subject) -> Iterator[Finding]:
    """A weak lock on a table, and later in the same transaction a strong one on it."""
    weak: dict[str, str] = {}
    for step in subject.steps:
        if not step.in_transaction:
            continue
        for table, mode in step.locks.items():
            if table in weak and rank(mode) >= _STRONG:
                yield subject.finding(
                    "lock-upgraded",
                    f"rows of {subject.sized(table)} are written first ({weak.pop(table)}), and the same transaction then asks "
                    f"for {mode} on it: it waits for every writer while it holds its own row locks, and can deadlock with them",
                    "change the structure first and the rows in a revision of its own, or the other way round",
                    table,
                )
            elif rank(mode) == _WRITES:
                weak.setdefault(table, step.short)
