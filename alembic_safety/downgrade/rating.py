"""How careful one should be when a downgrade runs, and why."""

from __future__ import annotations

import re
from collections.abc import Sequence

from alembic_safety.downgrade.statement import DataNeed, Rating, Statement

_RETYPE = re.compile(r"ALTER COLUMN .* TYPE ", re.DOTALL)
_SCAN = re.compile(
    r"ADD CONSTRAINT .* (FOREIGN KEY|CHECK|UNIQUE|PRIMARY KEY|EXCLUDE)|SET NOT NULL|CREATE (UNIQUE )?INDEX", re.DOTALL
)


def rate(
    statements: Sequence[Statement], needs: Sequence[DataNeed], refusals: Sequence[tuple[str, str]]
) -> tuple[Rating, tuple[str, ...]]:
    """LOW, MEDIUM or HIGH, with one plain sentence for each reason; the weightiest first."""
    high = [f"{subject} cannot be given back: {reason}" for subject, reason in refusals]
    high += [need.reason for need in needs]
    medium: list[str] = []
    for statement in statements:
        if statement.sql.startswith("INSERT INTO"):
            high.append(f"{statement.subject} is rebuilt with all its rows")
        elif statement.kind == "column" and _RETYPE.search(statement.sql):
            medium.append(f"{statement.subject} changes its type, which may rewrite the table")
        elif statement.action in ("create", "alter") and _SCAN.search(statement.sql) and statement.kind != "table":
            medium.append(f"{statement.kind} {statement.subject} is built or checked against all rows")
    rating = Rating.HIGH if high else Rating.MEDIUM if medium else Rating.LOW
    return rating, tuple(dict.fromkeys([*high, *medium]))
