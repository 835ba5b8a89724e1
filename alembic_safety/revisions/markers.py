"""Blocks that we wrote into a revision file, and whether anybody edited them since.

A block stands between two comment lines; the first holds a hash of what is between. An edited block is its author's. The
hash is over the tokens, so that a code formatter edits nothing.
"""

from __future__ import annotations

import ast
import hashlib
import io
import re
import tokenize
from dataclasses import dataclass

#: The block at the start of ``upgrade()`` that keeps rows.
PRESERVE = "preserve"
_BEGIN = re.compile(
    r"^[ \t]*# alembic-safety: begin (?P<name>[a-z-]+) (?P<digest>[0-9a-f]{16})[ \t]*\r?$", re.MULTILINE
)
_LAYOUT = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


@dataclass(frozen=True, slots=True)
class Block:
    """A marked block in a source text."""

    name: str
    #: Character offsets of the whole lines from the begin marker to the end marker, the last line end included.
    start: int
    end: int
    #: Whether it is still as it was written.
    intact: bool


def mark(name: str, code: str) -> tuple[str, str]:
    """The two comment lines that go before and after ``code``."""
    return f"# alembic-safety: begin {name} {_digest(code)}", f"# alembic-safety: end {name}"


def blocks(source: str) -> list[Block]:
    """All marked blocks of a source, in order; a begin marker without its end is no block."""
    result: list[Block] = []
    for begin in _BEGIN.finditer(source):
        after = min(begin.end() + 1, len(source))
        end = re.compile(rf"^[ \t]*# alembic-safety: end {begin['name']}[ \t]*\r?(?:\n|\Z)", re.MULTILINE).search(
            source, after
        )
        if end is not None:
            intact = _digest(source[after : end.start()]) == begin["digest"]
            result.append(Block(begin["name"], begin.start(), end.end(), intact))
    return result


def _digest(code: str) -> str:
    """Hash of the code's tokens and comments; '' where it is no Python any more."""
    pieces: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code.replace("\r\n", "\n")).readline):
            if token.type in _LAYOUT:
                continue
            if token.string in (")", "]") and pieces[-1:] == [","]:
                pieces.pop()  # formatters put a comma after the last argument
            pieces.append(_plain(token.string) if token.type == tokenize.STRING else token.string)
    except (tokenize.TokenError, SyntaxError, ValueError):
        return ""
    return hashlib.sha256("\n".join(pieces).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _plain(literal: str) -> str:
    """A string as Python writes it, whatever quotes it had. Raises ValueError or SyntaxError where it is none (an f-string)."""
    quote, inner = literal[0], literal[1:-1]
    if quote in "'\"" and "\\" not in inner and quote not in inner and "\n" not in inner:
        return repr(inner)  # the same, and much quicker
    return repr(ast.literal_eval(literal))
