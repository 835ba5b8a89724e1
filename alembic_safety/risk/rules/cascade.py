"""CASCADE drops, or empties, what nobody named."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.parser import enum_name
from alembic_safety.risk.subject import Step, Subject

_DROPS = frozenset({"drop_stmt", "drop_owned_stmt"})


def look(subject: Subject) -> Iterator[Finding]:
    """DROP … CASCADE, of a statement or of a column or constraint, and TRUNCATE … CASCADE."""
    for sql in dict.fromkeys((*(s.sql for s in subject.steps), *subject.statements)):
        step = Step(sql=sql)
        cascades = step.kind in _DROPS | {"truncate_stmt"} and enum_name(step.node, "behavior") == "DROP_CASCADE"
        if cascades and step.kind == "truncate_stmt":
            yield subject.finding(
                "cascade",
                f"CASCADE empties every table that refers to these on the live database too, named or not: {step.short}",
                "name what is to be emptied and leave CASCADE out, so that a surprise is an error",
                severity=Severity.WARNING,
            )
        elif cascades or any(c.cascades for c in step.commands("AT_DropColumn", "AT_DropConstraint")):
            yield subject.finding(
                "cascade",
                f"CASCADE drops whatever depends on it on the live database too, named or not: {step.short}",
                "name what is to go and drop it without CASCADE, so that a surprise is an error",
                severity=Severity.INFO,
            )
