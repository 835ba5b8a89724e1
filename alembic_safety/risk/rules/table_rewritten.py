"""A table that is written anew is locked for everybody as long as that takes, and needs its own size on disk once more."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.risk.subject import Step, Subject

_SWAP = (
    "add a column of the new type beside {0}, keep both equal by a trigger, fill it in batches, and swap the names in a revision "
    "of its own"
)
_OTHERWISE = "do it where nobody needs the table meanwhile, or fill a new one beside it in batches and swap the names"


def look(subject: Subject) -> Iterator[Finding]:
    """Every rewrite that was seen, TRUNCATE apart."""
    for step in subject.steps:
        if step.kind == "truncate_stmt" or step.sql.upper().startswith("TRUNCATE"):
            continue
        code, why, remedy = _cause(step)
        for table in step.rewrites:
            yield subject.finding(
                code,
                f"{why}{subject.sized(table)} is written anew with all its indexes under AccessExclusiveLock: nobody can read or "
                "write it until that is done",
                remedy,
                table,
            )


def _cause(step: Step) -> tuple[str, str, str]:
    for command in step.commands("AT_AlterColumnType"):
        column = quote_ident(command.name)
        return (
            "type-change-rewrites",
            f"changing the type of {column} rewrites the table: ",
            _SWAP.format(column),
        )
    for command in step.commands("AT_AddColumn"):
        column = quote_ident(str(command.definition.colname)) if command.definition is not None else "the column"
        return (
            "default-rewrites",
            f"{column} gets a value of its own in each row: ",
            f"add {column} without the default, then ALTER COLUMN {column} SET DEFAULT …, and fill the rows that are there in batches",
        )
    return "table-rewritten", "", _OTHERWISE
