"""Put nodes into an order that honours what each of them needs: stable, readable, linear in nodes and edges."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Generic, TypeVar

Node = TypeVar("Node", bound=Hashable)


class CircleError(Exception):
    """Nodes need each other in a circle."""

    def __init__(self, circle: list[Any]) -> None:
        super().__init__(" -> ".join(str(node) for node in circle))
        #: Each node needs the next one, and the last needs the first.
        self.circle = circle


class Needs(Generic[Node]):
    """Which node must come after which: hard needs, and weak ones that may be given up to break a circle."""

    def __init__(self) -> None:
        self.hard: dict[Node, dict[Node, Any]] = {}
        self.weak: dict[Node, set[Node]] = {}

    def add(self, node: Node, needed: Node, why: Any = None) -> None:
        """``node`` comes after ``needed``; ``why`` is kept for whoever must break a circle."""
        if node != needed:
            self.hard.setdefault(node, {}).setdefault(needed, why)

    def prefer(self, node: Node, needed: Node) -> None:
        """``node`` comes after ``needed`` unless that closes a circle."""
        if node != needed:
            self.weak.setdefault(node, set()).add(needed)

    def why(self, node: Node, needed: Node) -> Any:
        """What was said when the need was added."""
        return self.hard.get(node, {}).get(needed)


def arrange(nodes: Iterable[Node], needs: Needs[Node], key: Callable[[Node], Any]) -> list[Node]:
    """All nodes, each after what it needs; among those free to come next, the one with the lowest ``key``.

    :raises CircleError: if hard needs form a circle.
    """
    todo = set(nodes)
    try:
        return _sort(todo, _merged(todo, needs, weak=True), key)
    except CircleError:
        firm = _merged(todo, needs, weak=False)
        _sort(todo, firm, key)  # a hard circle is the caller's to break
    for node in sorted(needs.weak.keys() & todo, key=key):
        for needed in sorted(needs.weak[node] & todo, key=key):
            if needed not in firm[node] and not _reaches(needed, node, firm):
                firm[node].add(needed)
    return _sort(todo, firm, key)


def _merged(todo: set[Node], needs: Needs[Node], *, weak: bool) -> dict[Node, set[Node]]:
    merged = {node: {n for n in needs.hard.get(node, ()) if n in todo} for node in todo}
    if weak:
        for node in needs.weak.keys() & todo:
            merged[node] |= {n for n in needs.weak[node] if n in todo}
    return merged


def _sort(todo: set[Node], needs: Mapping[Node, set[Node]], key: Callable[[Node], Any]) -> list[Node]:
    waiting = {node: len(needs[node]) for node in todo}
    followers: dict[Node, list[Node]] = {}
    for node, needed in needs.items():
        for one in needed:
            followers.setdefault(one, []).append(node)
    keys = {node: key(node) for node in todo}
    ties = {node: n for n, node in enumerate(sorted(todo, key=lambda node: (keys[node], str(node))))}
    free = [(ties[node], node) for node, count in waiting.items() if count == 0]
    heapq.heapify(free)
    result: list[Node] = []
    while free:
        _, node = heapq.heappop(free)
        result.append(node)
        for follower in followers.get(node, ()):
            waiting[follower] -= 1
            if waiting[follower] == 0:
                heapq.heappush(free, (ties[follower], follower))
    if len(result) < len(todo):
        raise CircleError(_circle(todo - set(result), needs, ties))
    return result


def _circle(stuck: set[Node], needs: Mapping[Node, set[Node]], ties: Mapping[Node, int]) -> list[Node]:
    node = min(stuck, key=ties.__getitem__)
    path: list[Node] = []
    seen: dict[Node, int] = {}
    while node not in seen:
        seen[node] = len(path)
        path.append(node)
        node = min((n for n in needs[node] if n in stuck), key=ties.__getitem__)
    return path[seen[node] :]


def _reaches(start: Node, goal: Node, needs: Mapping[Node, set[Node]]) -> bool:
    stack, seen = [start], {start}
    while stack:
        node = stack.pop()
        if node == goal:
            return True
        for needed in needs[node]:
            if needed not in seen:
                seen.add(needed)
                stack.append(needed)
    return False
