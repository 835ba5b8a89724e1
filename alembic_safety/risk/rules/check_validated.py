"""A check constraint that is checked at once keeps everybody out while it reads the table."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding
from alembic_safety.risk.subject import Subject


def look(subject: Subject) -> Iterator[Finding]:
    """ADD CHECK without NOT VALID on a table that was there."""
    for step in subject.steps:
        for constraint in step.constraints("CONSTR_CHECK"):
            if constraint.skip_validation or not step.blocking or step.table not in step.scans:
                continue
            name = constraint.conname or "…"
            yield subject.finding(
                "check-validated",
                f"check constraint {name} is checked for every row under AccessExclusiveLock: nobody can read or write "
                f"{subject.sized(step.table)} until it is done",
                f"ALTER TABLE {step.table} ADD CONSTRAINT {name} CHECK (…) NOT VALID, and in a revision of its own after it: "
                f"ALTER TABLE {step.table} VALIDATE CONSTRAINT {name}",
                step.table,
            )
