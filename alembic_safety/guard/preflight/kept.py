"""What a revision keeps for the way back (``op.preserve_*``), and how much that is on live tables."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_safety.postgres.identifiers import quote_literal

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Pending, Target

_WHAT = {
    "preserve_table": "all rows of {table}",
    "preserve_columns": "{columns} of all rows of {table}",
    "preserve_rows": "the rows of {table} that the upgrade writes",
}
#: Bytes of a row beside its columns: header, key, and where it came from.
_ROW = 60
#: Bytes per second, less than half of what one backend does with data in memory: read of the table, and written of the copy.
_READ, _WRITTEN = 200 * 1024**2, 60 * 1024**2
#: Statistics that the role may see, else the half of a row.
_WIDTHS = """
SELECT coalesce(pg_catalog.sum(s.avg_width), 0)::pg_catalog.int8, pg_catalog.count(s.attname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname IN ({columns})
WHERE c.oid = {oid}
"""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What one operation keeps."""

    revision: str
    table: str
    #: A part of a sentence: ``all rows of public.t``.
    what: str
    #: Bytes that are copied, about; None where that follows what is written.
    bytes: int | None
    #: How long copying takes, about; None where that follows what is written.
    seconds: float | None = None


def kept(target: Target, pending: Pending) -> Iterator[Kept]:
    """What the operations of ``upgrade()`` say, as far as they are written with plain names."""
    for name, table, columns in kept_by(pending.revision.source if pending.revision is not None else ""):
        relation = target.relations([table]).get(table)
        size: int | None = None
        if relation is not None and name == "preserve_table":
            size = relation.bytes
        elif relation is not None and name == "preserve_columns":
            size = relation.rows * (
                _ROW + _width(target, relation.oid, columns, relation.bytes // max(relation.rows, 1))
            )
        seconds = relation.bytes / _READ + size / _WRITTEN if relation is not None and size is not None else None
        what = _WHAT[name].format(table=table, columns=", ".join(columns))
        yield Kept(revision=pending.id, table=table, what=what, bytes=size, seconds=seconds)


def _width(target: Target, oid: int, columns: tuple[str, ...], row: int) -> int:
    names = ", ".join(map(quote_literal, columns)) or "''"
    found = target.session.fetch(_WIDTHS.format(columns=names, oid=oid))
    width, known = found[0] if found else (0, 0)
    return int(width) if int(known) == len(columns) else row // 2


def kept_by(source: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Name, table and columns of each ``op.preserve_…`` in a revision's source."""
    for name, arguments in _calls(source, "preserve_"):
        if name in _WHAT and arguments:
            yield name, str(arguments[0]), tuple(map(str, arguments[1] if len(arguments) > 1 else ()))


def expected_writes(source: str) -> Iterator[str]:
    """The tables of each ``op.expect_writes`` in a revision's source."""
    for name, arguments in _calls(source, "expect_writes"):
        if name == "expect_writes":
            yield from map(str, arguments)


def _calls(source: str, word: str) -> Iterator[tuple[str, list[Any]]]:
    """Method calls whose arguments are all written out, in a source that holds the word at all."""
    if word not in source:
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.startswith(word):
            with suppress(ValueError):
                yield node.func.attr, [ast.literal_eval(argument) for argument in node.args]
