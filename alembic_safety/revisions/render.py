"""Statements of a way down, as the readable body of ``downgrade()`` or as a SQL file."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Protocol

from alembic_safety.revisions.alembic_ops import as_operation
from alembic_safety.revisions.refresh import refreshed_view
from alembic_safety.revisions.sql_format import formatted, may_indent

_WIDTH = 110
#: For the statements that follow: ``op.run_sql`` takes what a text sets back when it is done.
_SETTING = re.compile(r"(?:RE)?SET\s", re.IGNORECASE)


class Step(Protocol):
    """One statement with what a reader wants to know of it."""

    @property
    def sql(self) -> str:
        """The statement, without a semicolon."""

    @property
    def reason(self) -> str:
        """Why it is there, where that isn't obvious; else ''."""

    @property
    def group(self) -> str:
        """What it undoes: statements of a group stand together under this heading; '' for none."""

    @property
    def call(self) -> str:
        """The operation of ours that says the same, without ``op.``; '' where the SQL is what is written."""


def render_body(steps: Iterable[Step], *, remarks: Sequence[str] = (), op: str = "op") -> list[str]:
    """The lines of a ``downgrade()`` body, without indentation.

    A line may hold line ends of its own, inside of a string: only its beginning may be indented.

    :param remarks: comments at the top: what was proven, what is lost.
    :param op: the name that ``alembic.op`` has in the file.
    """
    lines = comments(remarks)
    group = ""
    for step in steps:
        if step.group != group:
            group = step.group
            if lines:
                lines.append("")
            lines += comments([group] if group else [])
        lines += comments([step.reason] if step.reason else [])
        lines += [f"{op}.{step.call}"] if step.call else render_statement(step.sql, op=op)
    return lines or ["pass"]


def render_irreversible(reasons: Sequence[str], *, remarks: Sequence[str] = (), op: str = "op") -> list[str]:
    """The body of a ``downgrade()`` that can't be: it raises, with the reasons."""
    text = "; ".join(reasons)
    call = f"{op}.irreversible({_quoted(text)})"
    if len(call) <= _WIDTH:
        return [*comments(remarks), call]
    pieces = textwrap.wrap(text, _WIDTH - 10, break_long_words=False, drop_whitespace=False)
    return [*comments(remarks), f"{op}.irreversible(", *(f"    {_quoted(piece)}" for piece in pieces), ")"]


def render_statement(sql: str, *, op: str = "op") -> list[str]:
    """One statement as a call: Alembic's own operation where that says exactly the same, or our own; else ``op.run_sql``."""
    operation = as_operation(sql, op=op)
    if operation is not None:
        return [operation]
    if (view := refreshed_view(sql)) is not None:
        return [f"{op}.refresh_materialized_view({_quoted(view)})"]
    if _SETTING.match(sql):
        return [f"{op}.execute({_quoted(sql.replace(':', chr(92) + ':'))})"]
    text = formatted(sql.strip().rstrip(";").rstrip())
    if text.startswith("SET LOCAL "):  # op.run_sql gives settings back at its end, and this one is for what follows
        return [f"{op}.execute({_quoted(text)})"]
    one_line = f"{op}.run_sql({_quoted(text)})"
    if "\n" not in text and len(one_line) <= _WIDTH:
        return [one_line]
    if '"""' in text or "\r" in text or "\0" in text or _has_control(text):
        return [one_line]
    prefix = "r" if "\\" in text else ""
    if may_indent(text):
        inner = [line and "    " + line for line in text.split("\n")]
        return [f'{op}.run_sql({prefix}"""', *inner, '""")']
    # White space inside of a literal or a body is kept by PostgreSQL: these lines can't be indented.
    return [f'{op}.run_sql({prefix}"""\n{text}\n""")']


def render_sql(steps: Iterable[Step], *, remarks: Sequence[str] = ()) -> str:
    """The statements as the text of a SQL file."""
    lines = [f"-- {row}" for remark in remarks for row in textwrap.wrap(remark, _WIDTH)]
    group = ""
    for step in steps:
        if step.group != group:
            group = step.group
            lines += ["", f"-- {group}"] if group else [""]
        lines += [f"-- {row}" for row in textwrap.wrap(step.reason, _WIDTH)] if step.reason else []
        lines.append(formatted(step.sql.strip().rstrip(";").rstrip()) + ";")
    return "\n".join(lines).lstrip("\n") + "\n"


def comments(texts: Iterable[str]) -> list[str]:
    """Texts as comment lines of Python; line ends in them become spaces."""
    return [f"# {row}" for text in texts for row in textwrap.wrap(text, _WIDTH - 6)]


def _quoted(text: str) -> str:
    """A Python literal in double quotes, where that needs no escapes, as formatters like it."""
    if '"' not in text and "\\" not in text and text.isprintable():
        return f'"{text}"'
    return repr(text)


def _has_control(text: str) -> bool:
    return any(not c.isprintable() and c not in "\n\t" and ord(c) < 0xA0 for c in text)
