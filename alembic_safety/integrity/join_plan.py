"""How to find the orphans of one large foreign key: the cheapest of four ways, chosen from statistics.

*Gaps*: where the parent has few rows, ask the child's index for anything between one parent and the next.
*Loose*: where the indexed column has few distinct values, jump through the index from value to value.
*Merge*: where both sides are indexed and recently vacuumed, merge two index-only scans; the planner takes a hash join
instead by default, which needs about three times as long.
*Default*: what the planner wants.
"""

from __future__ import annotations

import json
import math
from typing import Any

from alembic_safety.integrity.attempt import Failure, attempt
from alembic_safety.integrity.foreign_key import CHILD, ForeignKey
from alembic_safety.postgres.session import Session

#: From here on a plan is worth a thought; below, everything is quick.
LARGE_ROWS = 20_000
#: The least share of all-visible pages at which an index-only scan is one.
_FRESH = 0.8
#: What a look between two parents costs, and a jump to the next distinct value: as much as this many rows of a scan.
_GAP_ROWS = 25
_JUMP_ROWS = 45
#: Statistics underestimate: give up after this many times the expected gaps or values.
_MOST_OF_EXPECTED = 4
#: The operators of a default btree class: of the key's equality, of a parent below and above a child.
_EQUAL, _BELOW, _ABOVE = (f"OPERATOR(pg_catalog.{sign})" for sign in "=<>")
_MERGE = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_nestloop = off; SET LOCAL enable_sort = off"


def count_orphans(session: Session, key: ForeignKey) -> int:
    """How many rows of the child refer to nothing; the query's settings are gone afterwards.

    Must run inside a savepoint or transaction that is rolled back; raises the driver's error.
    """
    if few_probes(key):
        # The one that is expected to cost less comes first, and the other where statistics were wrong.
        for probe in (_gaps, _loose) if _cost_of_gaps(key) <= _cost_of_jumps(key) else (_loose,):
            found = probe(session, key)
            if found is not None:
                return found
    if merge_may_pay(key):
        merged = _merge(session, key)
        if merged is not None:
            return merged
    return int(session.fetch(key.count())[0][0])


def few_probes(key: ForeignKey, *, of_rows: float = 1.0) -> bool:
    """Whether probing the child's index, for gaps or for distinct values, beats reading every row.

    :param of_rows: what else could be done with a row, as a share of what reading one takes.
    """
    if len(key.columns) != 1 or key.child.kind == "p" or not key.indexed or key.full or key.period:
        return False
    if _EQUAL not in key.comparisons[0] or "COLLATE" in key.comparisons[0]:
        return False
    return min(_cost_of_gaps(key), _cost_of_jumps(key)) < key.child_side.rows * of_rows


def _cost_of_gaps(key: ForeignKey) -> float:
    return (key.parent_side.rows + 1) * _GAP_ROWS


def _cost_of_jumps(key: ForeignKey) -> float:
    return math.inf if key.distinct is None else key.distinct * _JUMP_ROWS


def merge_may_pay(key: ForeignKey) -> bool:
    """Whether both sides could be read from indexes alone, and the smaller side does not make probing cheaper."""
    if key.period or key.child_side.rows < key.parent_side.rows / 20:
        return False
    if key.child.kind == "p" or key.parent.kind == "p":
        return True  # the plan itself will tell
    return key.indexed and min(key.child_side.visible, key.parent_side.visible) > _FRESH


def _gaps(session: Session, key: ForeignKey) -> int | None:
    """The count, or None where the parent turns out to have many more rows than expected, or none."""
    most = int(key.parent_side.rows * _MOST_OF_EXPECTED) + 100
    referenced, parent = key.referenced[0], key.parent.source
    given = f"FROM {parent} WHERE {referenced} IS NOT NULL"

    def beyond(bound: str, operator: str) -> str:
        return key.comparisons[0].replace(_EQUAL, operator).format(parent=bound, child=f"{CHILD}.{key.columns[0]}")

    def found(where: str) -> str:
        return f"coalesce((SELECT true FROM {key.child.source} {CHILD} WHERE {where} LIMIT 1), false)"

    least, greatest = (f"(SELECT {referenced} {given} ORDER BY {referenced}{way} LIMIT 1)" for way in ("", " DESC"))
    between = found(f"{beyond('g.low', _BELOW)} AND {beyond('g.high', _ABOVE)}")
    outside = f"{found(beyond(least, _ABOVE))} OR {found(beyond(greatest, _BELOW))}"
    # In the order of the types' default operator classes, which the key's equality is of.
    gaps = f"""SELECT count(*), coalesce(bool_or({between}), false) OR {outside}
        FROM (SELECT pg_catalog.lag({referenced}) OVER (ORDER BY {referenced}) AS low, {referenced} AS high {given} LIMIT {most}) g"""

    def run() -> tuple[Any, ...]:
        session.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        return session.fetch(gaps)[0]

    outcome = attempt(session, run)
    if isinstance(outcome, Failure):
        if outcome.sqlstate.startswith("42"):  # a type without such operators
            return None
        raise ReadFailedError(outcome)
    parents, orphans = outcome.value
    if not 0 < parents < most:
        return None
    return int(session.fetch(key.count(exact=True))[0][0]) if orphans else 0


def _loose(session: Session, key: ForeignKey) -> int | None:
    """The count, or None where there turn out to be many more distinct values than expected, or that is to be feared."""
    if _cost_of_jumps(key) >= key.child_side.rows:
        return None
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
