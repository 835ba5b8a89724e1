"""SET NOT NULL reads the whole table, unless a valid check constraint says already that there is no NULL."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.risk.subject import Subject


def look(subject: Subject) -> Iterator[Finding]:
    """SET NOT NULL that was seen to read the table."""
    for step in subject.steps:
        for command in step.commands("AT_SetNotNull"):
            if step.table not in step.scans or step.table in step.rewrites:
                continue
            column = quote_ident(command.name)
            check = quote_ident(f"{command.name}_not_null")
            yield subject.finding(
                "not-null-scan",
                f"SET NOT NULL on {step.table}.{column} reads every row under AccessExclusiveLock: nobody can read or write "
                f"{subject.sized(step.table)} until it is done",
                f"ALTER TABLE {step.table} ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID; in a revision of its own "
                f"VALIDATE CONSTRAINT {check}; then SET NOT NULL reads nothing, and {check} can go",
                step.table,
            )
