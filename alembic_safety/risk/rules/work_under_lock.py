"""Work on a second table, or more work on the same, while a strong lock is held since an earlier statement."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding
from alembic_safety.postgres.lock_modes import rank
from alembic_safety.risk.subject import Step, Subject

_STRONG = rank("AccessExclusiveLock")


def look(subject: Subject) -> Iterator[Finding]:
    """A quick ALTER TABLE, and after it in the same transaction a scan, a rewrite or a write of all rows."""
    held: dict[str, Step] = {}
    told: set[str] = set()
    for step in subject.steps:
        worked = [table for table in (*step.rewrites, *step.scans) if not step.sql.upper().startswith("TRUNCATE")]
        for table, earlier in held.items():
            # A statement that locks the table for everybody itself has its own rule.
            if worked and step.in_transaction and table not in told and rank(step.locks.get(table, "")) < _STRONG:
                told.add(table)
                yield subject.finding(
                    "work-under-lock",
                    f"{subject.sized(table)} is locked for everybody by an earlier statement ({earlier.short}) while this one reads "
                    f"or writes all of {worked[0]}: {step.short}",
                    "put the long statement first, or into a revision of its own (with transaction_per_migration)",
                    *worked,
                )
        if step.in_transaction:
            quick = {t for t, mode in step.locks.items() if rank(mode) >= _STRONG}
            held |= {table: step for table in quick if table not in held}
