"""Files that hold a migration and its way back between marker comments (dbmate, goose, sql-migrate, rambler, tern)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from alembic_safety.errors import SourceError

# What begins a section; group "name" says which, group "rest" holds the tool's options for it.
_MARKERS = (
    ("dbmate", re.compile(r"^--[ \t]*migrate:(?P<name>up|down)\b(?P<rest>[^\r\n]*)", re.MULTILINE)),
    ("goose", re.compile(r"^--[ \t]*\+goose[ \t]+(?P<name>up|down)\b(?P<rest>[^\r\n]*)", re.MULTILINE | re.IGNORECASE)),
    (
        "sql-migrate",
        re.compile(r"^--[ \t]*\+migrate[ \t]+(?P<name>up|down)\b(?P<rest>[^\r\n]*)", re.MULTILINE | re.IGNORECASE),
    ),
    ("rambler", re.compile(r"^--[ \t]*rambler[ \t]+(?P<name>up|down)\b(?P<rest>[^\r\n]*)", re.MULTILINE)),
)
_TERN = re.compile(r"^----[ \t]*create above[ \t]*/[ \t]*drop below[ \t]*----[^\r\n]*", re.MULTILINE)
_GOOSE_NO_TRANSACTION = re.compile(r"^--[ \t]*\+goose[ \t]+NO[ \t]+TRANSACTION\b", re.MULTILINE | re.IGNORECASE)
_GOOSE_ENVSUB = re.compile(r"^--[ \t]*\+goose[ \t]+ENVSUB[ \t]+ON\b", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Section:
    """One direction of a file."""

    #: The section's text, with as many empty lines before it as keep the file's line numbers.
    text: str
    #: False where the markers ask for no transaction.
    transaction: bool = True

    @property
    def is_empty(self) -> bool:
        """Nothing but white space."""
        return not self.text.strip()


def tool_of(text: str) -> str | None:
    """The tool whose markers divide a file, or None where it has none."""
    for tool, pattern in _MARKERS:
        if pattern.search(text):
            return tool
    return "tern" if _TERN.search(text) else None


def section_of(text: str, name: str, *, file: str | None = None) -> Section:
    """The "up" or "down" section of a file with markers; empty where the file has none of that name.

    :raises SourceError: the file has no markers, or asks for values from the environment.
    """
    tool = tool_of(text)
    if tool is None:
        raise SourceError(
            f"has no marker that begins an {name!r} section (such as '-- migrate:{name}' or '-- +goose {name.title()}')",
            file=file,
        )
    if tool == "tern":
        mark = _TERN.search(text)
        assert mark is not None
        return Section(text[: mark.start()]) if name == "up" else Section(_keeping_lines(text, mark.end(), len(text)))
    if tool == "goose" and (env := _GOOSE_ENVSUB.search(text)):
        raise SourceError(
            "goose fills in environment variables here (ENVSUB ON): write the values instead",
            file=file,
            line=text.count("\n", 0, env.start()) + 1,
        )
    pattern = dict(_MARKERS)[tool]
    marks = list(pattern.finditer(text))
    pieces: list[str] = []
    transaction = not (tool == "goose" and _GOOSE_NO_TRANSACTION.search(text))
    taken = 0
    for i, mark in enumerate(marks):
        if mark["name"].lower() != name:
            continue
        end = marks[i + 1].start() if i + 1 < len(marks) else len(text)
        pieces.append("\n" * text.count("\n", taken, mark.end()) + text[mark.end() : end])
        taken = end
        options = mark["rest"].replace(" ", "").lower()
        transaction = transaction and "transaction:false" not in options and "notransaction" not in options
    return Section("".join(pieces), transaction)


def _keeping_lines(text: str, start: int, end: int) -> str:
    return "\n" * text.count("\n", 0, start) + text[start:end]
