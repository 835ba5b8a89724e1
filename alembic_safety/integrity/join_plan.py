"""How to find the orphans of one large foreign key: the cheapest of three ways, chosen from statistics.

*Loose*: where the indexed column has few distinct values, jump through the index from value to value.
*Merge*: where both sides are indexed and recently vacuumed, merge two index-only scans; the planner takes a hash join
instead by default, which needs about three times as long.
*Default*: what the planner wants.
"""

from __future__ import annotations

import json
from typing import Any

from alembic_safety.integrity.attempt import Failure, attempt
from alembic_safety.integrity.foreign_key import CHILD, ForeignKey
from alembic_safety.postgres.session import Session

#: From here on a plan is worth a thought; below, everything is quick.
LARGE_ROWS = 20_000
#: The least share of all-visible pages at which an index-only scan is one.
_FRESH = 0.8
#: A probe for the next distinct value costs as much as this many rows of a scan.
_PROBE_ROWS = 40
#: Statistics underestimate: give up jumping after this many times the expected values.
_MOST_OF_EXPECTED = 4
_MERGE = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_nestloop = off; SET LOCAL enable_sort = off"


def count_orphans(session: Session, key: ForeignKey) -> int:
    """How many rows of the child refer to nothing; the query's settings are gone afterwards.

    Must run inside a savepoint or transaction that is rolled back; raises the driver's error.
    """
    if loose_pays(key):
        found = _loose(session, key)
        if found is not None:
            return found
    if merge_may_pay(key):
        merged = _merge(session, key)
        if merged is not None:
            return merged
    return int(session.fetch(key.count())[0][0])


def loose_pays(key: ForeignKey) -> bool:
    """Whether jumping from value to value beats reading every row."""
    if len(key.columns) != 1 or key.child.kind == "p" or not key.indexed or key.full or key.period:
        return False
    if key.distinct is None or "pg_catalog" not in key.comparisons[0] or "COLLATE" in key.comparisons[0]:
        return False
    return key.distinct * _PROBE_ROWS < key.child_side.rows


def merge_may_pay(key: ForeignKey) -> bool:
    """Whether both sides could be read from indexes alone, and the smaller side does not make probing cheaper."""
    if key.period or key.child_side.rows < key.parent_side.rows / 20:
        return False
    if key.child.kind == "p" or key.parent.kind == "p":
        return True  # the plan itself will tell
    return key.indexed and min(key.child_side.visible, key.parent_side.visible) > _FRESH


def _loose(session: Session, key: ForeignKey) -> int | None:
    """The count, or None where there turn out to be many more distinct values than expected."""
    column = key.columns[0]
    most = int((key.distinct or 1) * _MOST_OF_EXPECTED) + 100
    child = f"FROM {key.child.source} {CHILD} WHERE"
    value = f"{CHILD}.{column}"
    probe = key.condition().replace(f"{CHILD}.{column}", "safety_jump.v")
    # The bound on n keeps a wrong estimate cheap.
    jumps = f"""WITH RECURSIVE safety_jump(v, n) AS (
        (SELECT {value}, 1 {child} {value} IS NOT NULL ORDER BY {value} LIMIT 1)
        UNION ALL
        SELECT (SELECT {value} {child} {value} OPERATOR(pg_catalog.>) safety_jump.v ORDER BY {value} LIMIT 1), n + 1
        FROM safety_jump WHERE v IS NOT NULL AND n < {most}
    ) SELECT coalesce(max(n), 0), count(*) FILTER (WHERE {probe}) FROM safety_jump"""
    outcome = attempt(session, lambda: session.fetch(jumps)[0])
    if isinstance(outcome, Failure):
        if outcome.sqlstate.startswith("42"):  # a type without such an operator
            return None
        raise ReadFailedError(outcome)
    jumped, orphans = outcome.value
    if jumped >= most:
        return None
    # An orphan is rare: which rows hold it is asked only then.
    return int(session.fetch(key.count(exact=True))[0][0]) if orphans else 0


class ReadFailedError(Exception):
    """A statement failed for a reason that no other way of asking avoids; carries the failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.sqlstate = failure.sqlstate


def _merge(session: Session, key: ForeignKey) -> int | None:
    """The count by a merge of two index-only scans, or None where the planner finds no such plan."""

    def run() -> int | None:
        session.execute(_MERGE)
        plan = session.fetch(f"EXPLAIN (FORMAT JSON, COSTS OFF) {key.count()}")[0][0]
        if not is_merge_of_indexes(plan if isinstance(plan, list) else json.loads(plan)):
            return None
        return int(session.fetch(key.count())[0][0])

    outcome = attempt(session, run)
    if isinstance(outcome, Failure):
        raise ReadFailedError(outcome)
    return outcome.value


def is_merge_of_indexes(plan: Any) -> bool:
    """Whether a plan is a merge anti-join that reads nothing but indexes, in their order."""
    nodes = list(_nodes(plan[0]["Plan"]))
    types = {node["Node Type"] for node in nodes}
    merges = any(
        node["Node Type"] == "Merge Join" and node.get("Join Type") in ("Anti", "Right Anti") for node in nodes
    )
    return merges and types <= {"Aggregate", "Merge Join", "Index Only Scan", "Merge Append", "Append", "Result"}


def _nodes(node: Any) -> Any:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
