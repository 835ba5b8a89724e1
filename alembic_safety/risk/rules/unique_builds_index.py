"""A key added as a constraint builds its index with everybody locked out."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.model.finding import Finding
from alembic_safety.risk.subject import Subject

_WORDS = {"CONSTR_UNIQUE": "UNIQUE", "CONSTR_PRIMARY": "PRIMARY KEY"}


def look(subject: Subject) -> Iterator[Finding]:
    """ADD UNIQUE or PRIMARY KEY without USING INDEX on a table that was there."""
    for step in subject.steps:
        for kind, words in _WORDS.items():
            for constraint in step.constraints(kind):
                if constraint.indexname or not step.blocking:
                    continue
                columns = ", ".join(key.string.sval for key in constraint.keys) or "…"
                name = constraint.conname or "…"
                yield subject.finding(
                    "key-builds-index",
                    f"{words} ({columns}) builds its index under AccessExclusiveLock: nobody can read or write "
                    f"{subject.sized(step.table)} until it is done",
                    f"outside of a transaction (autocommit_block): CREATE UNIQUE INDEX CONCURRENTLY {name} ON {step.table} ({columns}); "
                    f"then ALTER TABLE {step.table} ADD CONSTRAINT {name} {words} USING INDEX {name}",
                    step.table,
                )
