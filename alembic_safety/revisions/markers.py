"""Blocks that we wrote into a revision file, and whether anybody edited them since.

A block stands between two comment lines; the first holds a hash of what is between. An edited block is its author's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

_BEGIN = re.compile(r"^[ \t]*# alembic-safety: begin (?P<name>[a-z-]+) (?P<digest>[0-9a-f]{16})[ \t]*\r?$", re.MULTILINE)
_END = "# alembic-safety: end {name}"


@dataclass(frozen=True, slots=True)
class Block:
    """A marked block in a source text."""

    name: str
    #: Character offsets of the whole lines from the begin marker to the end marker, the last line end included.
    start: int
    end: int
    #: Whether its lines are still as they were written.
    intact: bool


def mark(name: str, lines: Sequence[str]) -> list[str]:
    """The lines of a block with its two markers around it (no indentation, no line ends)."""
    return [f"# alembic-safety: begin {name} {_digest(lines)}", *lines, _END.format(name=name)]


def blocks(source: str) -> list[Block]:
    """All marked blocks of a source, in order; a begin marker without its end is no block."""
    result: list[Block] = []
    for begin in _BEGIN.finditer(source):
        after = begin.end() + 1
        end = re.compile(rf"^[ \t]*{re.escape(_END.format(name=begin['name']))}[ \t]*\r?(?:\n|\Z)", re.MULTILINE).search(
            source, after
        )
        if end is not None:
            lines = source[after : end.start()].splitlines()
            result.append(Block(begin["name"], begin.start(), end.end(), _digest(lines) == begin["digest"]))
    return result


def _digest(lines: Sequence[str]) -> str:
    """Hash of the lines, whatever their indentation as a whole and their line ends are."""
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    cut = min(indents, default=0)
    text = "\n".join(line[cut:].rstrip() if line.strip() else "" for line in lines)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
