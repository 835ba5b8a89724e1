"""PostgreSQL's own grammar: the only module that knows postgast (libpg_query).

The grammar is that of one major version and no judge of another: nothing may depend on a text being parsed. Every function
answers None, or the cautious answer, where it isn't.
"""

from __future__ import annotations

from typing import Any


def parse(sql: str) -> Any | None:
    """The syntax trees of a text (``.stmts``, each with ``.stmt``, ``.stmt_location``, ``.stmt_len`` in bytes), or None."""
    import postgast

    try:
        return postgast.parse(sql)
    except (postgast.PgQueryError, ValueError):
        return None


def statement_kinds(sql: str) -> tuple[str, ...] | None:
    """The grammar's names of the statements, such as ``index_stmt``, or None where the text is not parsed."""
    tree = parse(sql)
    return None if tree is None else tuple(s.stmt.WhichOneof("node") for s in tree.stmts)


def canonical(sql: str) -> str | None:
    """The text written anew from its syntax tree, comments and layout gone, or None where that is not possible."""
    import postgast

    tree = parse(sql)
    if tree is None:
        return None
    try:
        return postgast.deparse(tree)
    except (postgast.PgQueryError, ValueError):
        return None


def with_concurrently(sql: str) -> str:
    """A CREATE INDEX with CONCURRENTLY; the text as it is where it isn't parsed."""
    import postgast

    tree = parse(sql)
    if tree is None:
        return sql
    for raw in tree.stmts:
        if raw.stmt.WhichOneof("node") == "index_stmt":
            raw.stmt.index_stmt.concurrent = True
    try:
        return postgast.deparse(tree)
    except (postgast.PgQueryError, ValueError):
        return sql


def same_meaning(one: str, other: str) -> bool:
    """Whether two texts have the same syntax tree; False where one of them is not parsed."""
    first = canonical(one)
    return first is not None and first == canonical(other)
