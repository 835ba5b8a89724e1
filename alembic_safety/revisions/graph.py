"""The graph of revisions, put in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    """All identifiers, each after what it needs; a branch is kept together, ties go by identifier.

    :raises UsageError: a revision that is needed doesn't exist, or revisions need each other.
    """
    children: dict[str, list[str]] = {i: [] for i in nodes}
    missing: dict[str, int] = {}
    for identifier, node in nodes.items():
        for need in node.needs:
            if need not in nodes:
                raise UsageError(f"revision {identifier!r} needs {need!r}, which does not exist")
            children[need].append(identifier)
        missing[identifier] = len(set(node.needs))
    ready = sorted((i for i, count in missing.items() if count == 0), reverse=True)
    result: list[str] = []
    while ready:
        identifier = ready.pop()
        result.append(identifier)
        unlocked = []
        for child in set(children[identifier]):
            missing[child] -= 1
            if missing[child] == 0:
                unlocked.append(child)
        ready += sorted(unlocked, reverse=True)
    if len(result) < len(nodes):
        stuck = sorted(set(nodes) - set(result))
        raise UsageError(f"these revisions need each other: {', '.join(stuck[:5])}")
    return result
