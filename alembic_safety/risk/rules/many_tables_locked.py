"""Strong locks on several tables in one transaction are held to its end, and meet the application in another order."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding
from alembic_safety.postgres.lock_modes import rank
from alembic_safety.risk.subject import Subject

_STRONG = rank("AccessExclusiveLock")
#: A foreign key needs two.
_MANY = 3


def look(subject: Subject) -> Iterator[Finding]:
    """At least three tables under AccessExclusiveLock at the same time."""
    tables: dict[str, None] = {}
    for step in subject.steps:
        if step.in_transaction:
            tables |= dict.fromkeys(name for name, mode in step.locks.items() if rank(mode) >= _STRONG)
    names = list(tables)
    if len(names) >= _MANY:
        yield subject.finding(
            "many-tables-locked",
            f"one transaction holds AccessExclusiveLock on {len(names)} tables to its end: {', '.join(names)}; whoever uses two of "
            "them in another order can deadlock with it",
            "make a revision of each table's change (with transaction_per_migration), or order the statements as the application "
            "takes the tables",
            *names,
        )
