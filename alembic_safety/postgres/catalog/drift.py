"""The text to emit so that the server stores, and prints, what it printed before.

``s IN ('a', 'b')`` on a ``varchar`` is stored with an implicit cast of the whole array and printed as ``(s)::text = ANY
((ARRAY['a'::character varying, 'b'::character varying])::text[])``. Read back, that text is an explicit cast, which the parser pushes into
the elements: it prints differently ever after. Without the outer cast the parser adds it again by itself.
"""

from __future__ import annotations

import re

_STRING = r"""[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$"""
_HEAD = re.compile(_STRING + r"|\b(?:ANY|ALL) \((?P<open>\()ARRAY(?P<bracket>\[)", re.DOTALL)
_INSIDE = re.compile(_STRING + r"|(?P<up>\[)|(?P<down>\])", re.DOTALL)
_CAST = re.compile(r'\)::[\w ."]+(?:\(\d+(?:,\d+)?\))?\[\](?=\))')


#: Storage parameters in what pg_get_indexdef() prints.
_WITH = re.compile(r" WITH \([^()]*\)(?= WHERE |\Z)")


def without_storage_parameters(definition: str) -> str:
    """The definition of an index, without what ``ALTER INDEX … SET (…)`` changes."""
    return _WITH.sub("", definition)


def undrift(text: str) -> str:
    """``text`` (an expression, definition or statement as the server prints it) as it has to be written to come back identical."""
    if "ARRAY[" not in text:
        return text
    cuts: list[tuple[int, int]] = []
    for match in _HEAD.finditer(text):
        if match["open"] is None:
            continue
        end = _closing(text, match.end("bracket"))
        cast = _CAST.match(text, end)
        if cast is not None:
            cuts += [match.span("open"), cast.span()]
    for start, stop in reversed(cuts):
        text = text[:start] + text[stop:]
    return text


def _closing(text: str, position: int) -> int:
    """Where the text goes on after the bracket that was opened just before ``position``; the end of the text if it never closes."""
    depth = 1
    for match in _INSIDE.finditer(text, position):
        depth += (match["up"] is not None) - (match["down"] is not None)
        if depth == 0:
            return match.end()
    return len(text)
