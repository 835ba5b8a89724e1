"""An index built the plain way keeps writers out while it reads the table."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding
from alembic_safety.postgres.parser import with_concurrently
from alembic_safety.risk.subject import Subject


def look(subject: Subject) -> Iterator[Finding]:
    """CREATE INDEX without CONCURRENTLY on a table that was there."""
    for step in subject.steps:
        if step.kind != "index_stmt" or step.node.concurrent or not step.blocking:
            continue
        yield subject.finding(
            "index-not-concurrent",
            f"index {step.node.idxname or 'without a name'} is built under ShareLock: nobody can write to "
            f"{subject.sized(step.table)} until it is done",
            f"outside of a transaction (autocommit_block): {with_concurrently(step.sql)}",
            step.table,
        )
