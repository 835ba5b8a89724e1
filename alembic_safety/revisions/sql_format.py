"""Lay SQL out for a reader, only where its meaning can't change."""

from __future__ import annotations

from itertools import pairwise

from alembic_safety.errors import SourceError
from alembic_safety.revisions.lexer import Lexer, Token

_WIDTH = 100
_LONGEST = 20_000  # sqlparse needs seconds beyond
# What a reader wants broken into lines; sqlparse makes nothing better of the rest, and of function bodies it must not try.
_QUERIES = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE")
_DEFINITIONS = ("CREATE VIEW", "CREATE MATERIALIZED VIEW", "CREATE OR REPLACE VIEW", "CREATE RECURSIVE VIEW")


def formatted(sql: str) -> str:
    """The statement with line breaks, where it is one long line; otherwise as it was.

    The result has the same tokens in the same order, or is the text given.
    """
    if not _WIDTH < len(sql) <= _LONGEST or "\n" in sql or not _is_query(sql):
        return sql
    import sqlparse

    try:
        result = sqlparse.format(sql, reindent=True, wrap_after=_WIDTH).strip()
    except (sqlparse.exceptions.SQLParseError, RecursionError):  # deep nesting; the layout is optional
        return sql
    return result if same_tokens(sql, result) else sql


def same_tokens(one: str, other: str) -> bool:
    """Whether two texts differ in white space between tokens only, so that they mean the same."""
    try:
        first, second = _pieces(one), _pieces(other)
    except SourceError:
        return False
    # Two literals in a row are one where a line end is between: there white space has a meaning.
    adjacent = any(a[0] == b[0] == "string" for a, b in pairwise(first))
    return first == second and not adjacent


def may_indent(sql: str) -> bool:
    """Whether no token goes over a line end, so that each line can be moved to the right."""
    try:
        return not any("\n" in piece for kind, piece in _pieces(sql))
    except SourceError:
        return False


def _pieces(sql: str) -> list[tuple[str, str]]:
    lexer = Lexer(sql)
    found: list[tuple[str, str]] = []
    token: Token | None
    while (token := lexer.next()) is not None:
        if (
            token.kind == "other"
            and found
            and found[-1][0] == "other"
            and sql[token.start - 1 : token.start] == found[-1][1][-1:]
        ):
            # Operators of several characters must stay together.
            found[-1] = ("other", found[-1][1] + sql[token.start])
        elif token.kind != "space":
            found.append((token.kind, sql[token.start : token.end]))
    return found


def _is_query(sql: str) -> bool:
    head = " ".join(sql[:80].upper().split())
    return head.startswith((*_QUERIES, *_DEFINITIONS))
