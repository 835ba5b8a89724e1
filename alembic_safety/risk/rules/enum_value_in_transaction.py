"""A new value of an enum cannot be used before the transaction that adds it has committed."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.risk.subject import Step, Subject


def look(subject: Subject) -> Iterator[Finding]:
    """ALTER TYPE … ADD VALUE, which also cannot be taken back."""
    for sql in subject.statements:
        step = Step(sql=sql)
        if step.kind != "alter_enum_stmt" or step.node.old_val:
            continue
        name = ".".join(part.string.sval for part in step.node.type_name)
        yield subject.finding(
            "enum-value-added",
            f"type {name} gets a value that the same transaction cannot use yet, and that no statement takes away again",
            "use it in a later revision (with transaction_per_migration)",
            severity=Severity.INFO,
        )
