"""A new name breaks every instance of the application that still uses the old one."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.risk.subject import Subject


def look(subject: Subject) -> Iterator[Finding]:
    """RENAME of a table, a view or a column that was there."""
    for step in subject.steps:
        if step.kind != "rename_stmt" or not step.locks or not step.node.newname:
            continue
        old, new = step.node.subname, quote_ident(step.node.newname)
        what = f"column {quote_ident(old)} of {step.table}" if old else step.table
        remedy = (
            f"add {new} beside {quote_ident(old)}, keep both equal by a trigger until no code names the old one, then drop it"
            if old
            else f"leave a view under the old name until no code uses it: CREATE VIEW {step.table} AS SELECT * FROM {new}"
        )
        yield subject.finding(
            "renamed",
            f"{what} is called {new} from then on: code that still runs and uses the old name fails",
            remedy,
            step.table,
            severity=Severity.WARNING,
        )
