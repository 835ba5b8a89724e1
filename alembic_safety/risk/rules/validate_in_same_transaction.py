"""NOT VALID gains nothing where VALIDATE follows in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding
from alembic_safety.risk.subject import Subject


def look(subject: Subject) -> Iterator[Finding]:
    """A constraint added NOT VALID, and validated while the lock of adding it is held."""
    added: dict[str, str] = {}
    for step in subject.steps:
        if not step.in_transaction:
            continue
        for constraint in step.constraints("CONSTR_FOREIGN", "CONSTR_CHECK"):
            if constraint.skip_validation and constraint.conname:
                added[str(constraint.conname)] = step.table
        for command in step.commands("AT_ValidateConstraint"):
            if command.name in added:
                yield subject.finding(
                    "validated-too-soon",
                    f"constraint {command.name} is added NOT VALID and validated in the same transaction, so {subject.sized(step.table)} "
                    "stays locked while every row is checked",
                    f"put VALIDATE CONSTRAINT {command.name} into a revision of its own (with transaction_per_migration)",
                    step.table,
                )
