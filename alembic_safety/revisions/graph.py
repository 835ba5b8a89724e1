"""The graph of revisions, without loading Alembic: read from the files' text, and put in order."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic_safety.errors import SourceError, UsageError

_ASSIGNMENT = re.compile(r"^(revision|down_revision|depends_on|branch_labels)\b[^=\n]*=[ \t]*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Node:
    """A revision in the graph."""

    id: str
    parents: tuple[str, ...]
    #: As written: identifiers, or labels where only the text was read.
    depends_on: tuple[str, ...]
    path: Path

    @property
    def needs(self) -> tuple[str, ...]:
        """Everything that has to be applied before."""
        return (*self.parents, *(d for d in self.depends_on if d not in self.parents))


def scan_graph(folders: Iterable[Path], *, recursive: bool = False) -> dict[str, Node]:
    """Read the identifiers of all revision files below folders, without importing one.

    :raises SourceError: an identifier is written twice, or a file can't be read.
    """
    found: dict[str, Node] = {}
    for folder in folders:
        for path in sorted(folder.glob("**/*.py" if recursive else "*.py")):
            node = _read(path)
            if node is None:
                continue
            if node.id in found:
                raise SourceError(f"revision {node.id!r} is also in {found[node.id].path}: rename one", file=str(path))
            found[node.id] = node
    return found


def _read(path: Path) -> Node | None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot be read: {error}", file=str(path)) from error
    values: dict[str, Any] = {}
    for match in _ASSIGNMENT.finditer(text):
        line_end = text.find("\n", match.end())
        literal = text[match.end() : line_end if line_end >= 0 else len(text)]
        try:
            values[match[1]] = ast.literal_eval(literal.strip())
        except (SyntaxError, ValueError):
            values |= _from_tree(text)
    if not isinstance(values.get("revision"), str):
        return None
    return Node(values["revision"], _tuple(values.get("down_revision")), _tuple(values.get("depends_on")), path)


def _from_tree(text: str) -> dict[str, Any]:
    """The assignments that need more than a line."""
    values: dict[str, Any] = {}
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return values
    for node in body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and value is not None:
                try:
                    values[target.id] = ast.literal_eval(value)
                except ValueError:
                    continue
    return {k: v for k, v in values.items() if k in ("revision", "down_revision", "depends_on", "branch_labels")}


def _tuple(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


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
