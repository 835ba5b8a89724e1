"""A revision as rules look at it: from what its certificate saw, and from its sources where there is none."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from alembic_safety.errors import SourceError
from alembic_safety.rehearsal.activity import on_one_line
from alembic_safety.rehearsal.closure import ABSENT, entries
from alembic_safety.revisions.sections import section_of
from alembic_safety.revisions.split import split
from alembic_safety.revisions.sql_text import read_sql
from alembic_safety.risk.grammar import dropped_by_text, steps_of_text
from alembic_safety.risk.subject import Step, Subject

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_safety.rehearsal.activity import Activity
    from alembic_safety.revisions.chain import Revision

_METHODS = frozenset({"execute", "run_sql"})


def subject_of(
    revision: Revision,
    activity: tuple[Activity, ...] | None,
    closure: Mapping[str, str] | None,
    *,
    sizes: Mapping[str, int] | None = None,
    reads: Mapping[str, str] | None = None,
    large: int = 0,
    statements: Sequence[str] | None = None,
) -> Subject:
    """What is known of a revision.

    :param activity: what the rehearsal saw; None where there was none: then the grammar tells, as far as SQL is written down.
    :param closure: what it touches (``rehearsal.closure``); None where there was no rehearsal.
    :param statements: what it runs, on one line each, where that is known better than its source tells.
    """
    texts = tuple(statements_of(revision) if statements is None else statements)
    steps = steps_of_text(texts) if activity is None else tuple(map(Step.seen, activity))
    if closure is None:
        gone = dropped_by_text(texts)
    else:
        gone = tuple(name for name, was, is_ in entries(closure) if is_ == ABSENT and was != ABSENT)
    return Subject(
        revision=revision.id,
        steps=steps,
        dropped=gone,
        statements=texts,
        file=revision.path.name,
        sizes=sizes or {},
        reads=reads or {},
        large=large,
    )


def statements_of(revision: Revision) -> Iterator[str]:
    """The statements of its upgrade that are written down as SQL, on one line each."""
    for text in _written(revision):
        try:
            found = split(text).statements
        except SourceError:
            continue  # whoever runs it is told
        yield from (on_one_line(statement.text) for statement in found)


def _written(revision: Revision) -> Iterator[str]:
    """Texts that ``upgrade()`` runs as they stand: strings, and files that it names."""
    try:
        tree = ast.parse(revision.source)
    except (SyntaxError, ValueError):
        return
    named = {file.name: file for file in revision.sql_files}
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef) or function.name != "upgrade":
            continue
        for node in ast.walk(function):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            text = _text_of(node.args[0]) if node.args else None
            if text is None:
                continue
            if node.func.attr in _METHODS:
                yield text
            elif node.func.attr == "run_sql_file" and (file := named.get(text.rpartition("/")[2])) is not None:
                yield from _section(file, next((_text_of(k.value) for k in node.keywords if k.arg == "section"), None))


def _text_of(node: ast.expr) -> str | None:
    """A string as it is written, or within ``text("…")``."""
    if isinstance(node, ast.Call) and node.args:
        node = node.args[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _section(file: Path, name: str | None) -> Iterator[str]:
    try:
        text = read_sql(file)
        yield text if name is None else section_of(text, name).text
    except SourceError:
        return  # whoever runs it is told
