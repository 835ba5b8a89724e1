"""What is dropped is missed by every instance of the application that still runs the code before it."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.risk.subject import Step, Subject

_KINDS = {"table": "table", "column": "column", "view": "view", "materialized_view": "materialized view"}


def look(subject: Subject) -> Iterator[Finding]:
    """Tables, views and columns that go; a column is not told of where its table goes."""
    renamed = {name for step in subject.steps if step.kind == "rename_stmt" for name in _old_names(step)}
    gone = {identity for kind, identity in subject.dropped if kind != "column"}
    for kind, identity in subject.dropped:
        if kind not in _KINDS or identity in renamed or (kind == "column" and _of(identity) in gone):
            continue
        read = subject.reads.get(identity if kind != "column" else _of(identity), "")
        yield subject.finding(
            "dropped-in-use",
            f"{_KINDS[kind]} {identity} goes"
            + (f", and {read}" if read else "")
            + ": code that still runs and names it fails",
            "first deploy code that no longer names it, then drop it in a later release",
            identity,
            severity=Severity.WARNING,
        )


def _old_names(step: Step) -> tuple[str, ...]:
    column = step.node.subname
    return (f"{step.table}.{quote_ident(column)}",) if column else (step.table,)


def _of(column: str) -> str:
    return column.rpartition(".")[0]
