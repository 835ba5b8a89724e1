"""The graph of revisions, put in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from pathlib import Path

from alembic_safety.errors import UsageError


@dataclass(frozen=True, slots=True)
class Node:
    """A revision in the graph."""

    id: str
    parents: tuple[str, ...]
    depends_on: tuple[str, ...]
    path: Path

    @property
    def needs(self) -> tuple[str, ...]:
        """Everything that has to be applied before."""
        return (*self.parents, *(d for d in self.depends_on if d not in self.parents))


def in_order(nodes: Mapping[str, Node]) -> list[str]:
    """All identifiers, each after what it needs, and otherwise as ``alembic upgrade heads`` applies them.

    :param nodes: in the order of Alembic's own walk, which goes from the heads down.
    :raises UsageError: a revision that is needed doesn't exist, or revisions need each other.
    """
    children: dict[str, set[str]] = {i: set() for i in nodes}
    missing: dict[str, int] = {}
    for identifier, node in nodes.items():
        for need in node.needs:
            if need not in nodes:
                raise UsageError(f"revision {identifier!r} needs {need!r}, which does not exist")
            children[need].add(identifier)
        missing[identifier] = len(set(node.needs))
    place = {identifier: -number for number, identifier in enumerate(nodes)}
    ready = [(place[i], i) for i, count in missing.items() if count == 0]
    heapify(ready)
    result: list[str] = []
    while ready:
        _, identifier = heappop(ready)
        result.append(identifier)
        for child in children[identifier]:
            missing[child] -= 1
            if missing[child] == 0:
                heappush(ready, (place[child], child))
    if len(result) < len(nodes):
        stuck = sorted(set(nodes) - set(result))
        raise UsageError(f"these revisions need each other: {', '.join(stuck[:5])}")
    return result
