"""An UPDATE or DELETE of all rows locks each of them to the end of the transaction, and doubles the table."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding
from alembic_safety.risk.subject import Subject

_VERBS = {"update_stmt": "UPDATE", "delete_stmt": "DELETE"}


def look(subject: Subject) -> Iterator[Finding]:
    """UPDATE or DELETE without WHERE on a table that was there."""
    for step in subject.steps:
        verb = _VERBS.get(step.kind)
        if verb is None or step.node.HasField("where_clause") or not step.locks:
            continue
        remedy = (
            f"TRUNCATE {step.table} if nobody reads it meanwhile, else DELETE in batches, each in a transaction of its own"
            if verb == "DELETE"
            else "UPDATE in batches by ranges of the key, each in a transaction of its own (autocommit_block)"
        )
        yield subject.finding(
            "all-rows-written",
            f"one {verb} writes every row of {subject.sized(step.table)}: whoever wants to change one of them waits for the "
            "end of the transaction",
            remedy,
            step.table,
        )
