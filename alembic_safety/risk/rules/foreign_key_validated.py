"""A foreign key that is checked at once keeps writers of both tables out while every row is looked up."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding
from alembic_safety.risk.subject import Subject


def look(subject: Subject) -> Iterator[Finding]:
    """ADD FOREIGN KEY without NOT VALID on a table that was there."""
    for step in subject.steps:
        for constraint in step.constraints("CONSTR_FOREIGN"):
            # On a new column no row has anything to look up, and the server still reads them all.
            if constraint.skip_validation or not step.blocking:
                continue
            others = [name for name in step.blocking if name != step.table] or [str(constraint.pktable.relname)]
            name = constraint.conname or "…"
            yield subject.finding(
                "foreign-key-validated",
                f"foreign key {name} is checked for every row at once: nobody can write to {subject.sized(step.table)} and to "
                f"{', '.join(map(subject.sized, others))} until it is done",
                f"ALTER TABLE {step.table} ADD CONSTRAINT {name} … NOT VALID, and in a revision of its own after it: "
                f"ALTER TABLE {step.table} VALIDATE CONSTRAINT {name}",
                step.table,
            )
