"""CASCADE drops what nobody named."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.risk.subject import Step, Subject


def look(subject: Subject) -> Iterator[Finding]:
    """DROP … CASCADE, of a statement or of a column or constraint."""
    for sql in dict.fromkeys((*(s.sql for s in subject.steps), *subject.statements)):
        step = Step(sql=sql)
        kinds = ("AT_DropColumn", "AT_DropConstraint")
        drops = step.kind == "drop_stmt" and "CASCADE" in sql.upper().split()
        if drops or any(command.cascades for command in step.commands(*kinds)):
            yield subject.finding(
                "cascade",
                f"CASCADE drops whatever depends on it on the live database too, named or not: {step.short}",
                "name what is to go and drop it without CASCADE, so that a surprise is an error",
                severity=Severity.INFO,
            )
