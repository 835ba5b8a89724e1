"""Files that hold a migration and its way back between marker comments: dbmate, goose, sql-migrate, rambler, tern, and others."""

from __future__ import annotations

import re
from dataclasses import dataclass

from alembic_safety.errors import SourceError
from alembic_safety.revisions import liquibase

# What begins a section; group "name" says which, group "rest" holds the tool's options for it.
_MARKERS = {
    "dbmate": re.compile(r"^--[ \t]*migrate:(?P<name>up|down)\b(?P<rest>[^\r\n]*)", re.MULTILINE),
    "goose": re.compile(r"^--[ \t]*\+goose[ \t]+(?P<name>up|down)\b(?P<rest>[^\r\n]*)", re.MULTILINE | re.IGNORECASE),
    "sql-migrate": re.compile(
        r"^--[ \t]*\+migrate[ \t]+(?P<name>up|down)\b(?P<rest>[^\r\n]*)", re.MULTILINE | re.IGNORECASE
    ),
    "rambler": re.compile(r"^--[ \t]*rambler[ \t]+(?P<name>up|down)\b(?P<rest>[^\r\n]*)", re.MULTILINE),
    "node-pg-migrate": re.compile(
        r"^[ \t]*--[ \t-]*(?P<name>up|down)[ \t]+migration\b(?P<rest>[^\r\n]*)", re.MULTILINE | re.IGNORECASE
    ),
    "shmig": re.compile(r"^--[ \t]*={3,}[ \t]*(?P<name>UP|DOWN)[ \t]*={3,}(?P<rest>[^\r\n]*)", re.MULTILINE),
    "Play": re.compile(r"^(?:#|--)[ \t-]*!(?P<name>up|down)s\b(?P<rest>[^\r\n]*)", re.MULTILINE | re.IGNORECASE),
}
#: One line between both.
_DIVIDERS = {
    "tern": re.compile(r"^----[ \t]*create above[ \t]*/[ \t]*drop below[ \t]*----[^\r\n]*", re.MULTILINE),
    "MyBatis": re.compile(r"^--[ \t]*(?://)?[ \t]*@UNDO\b[^\r\n]*", re.MULTILINE),
}
_GOOSE_NO_TRANSACTION = re.compile(r"^--[ \t]*\+goose[ \t]+NO[ \t]+TRANSACTION\b", re.MULTILINE | re.IGNORECASE)
_GOOSE_ENVSUB = re.compile(r"^--[ \t]*\+goose[ \t]+ENVSUB[ \t]+ON\b", re.MULTILINE | re.IGNORECASE)
#: A line of nothing but a comment that may begin the way back of a tool that we don't know.
_BACK = re.compile(
    r"^[ \t]*(?:--|#)[^\w\r\n]*(?:(?:migrate|migration|script|section)[^\w\r\n]+)?(?:downs?|downgrade|rollback|undo|revert)"
    r"(?:[^\w\r\n]+(?:migration|script|section|sql))?[^\w\r\n]*$",
    re.MULTILINE | re.IGNORECASE,
)
_SAYS_NOTHING = re.compile(r"\s*(?:--[^\r\n]*|#[^\r\n]*)?")


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
    if liquibase.is_formatted(text):
        return "Liquibase"
    return next((tool for tool, pattern in (*_MARKERS.items(), *_DIVIDERS.items()) if pattern.search(text)), None)


def doubtful_line(text: str) -> int | None:
    """The line of a file without markers that looks as if what follows were its way back; None where none does."""
    for mark in _BACK.finditer(text):
        if not all(map(_SAYS_NOTHING.fullmatch, text[mark.end() :].splitlines())):
            return text.count("\n", 0, mark.start()) + 1
    return None


def section_of(text: str, name: str, *, file: str | None = None) -> Section:
    """The "up" or "down" section of a file with markers; empty where the file has none of that name.

    :raises SourceError: the file has no markers, or asks for values from elsewhere.
    """
    tool = tool_of(text)
    if tool is None:
        raise SourceError(
            f"has no marker that begins an {name!r} section (such as '-- migrate:{name}' or '-- +goose {name.title()}')",
            file=file,
        )
    if tool == "Liquibase":
        return Section(*(liquibase.up(text, file=file) if name == "up" else liquibase.down(text, file=file)))
    if tool in _DIVIDERS:
        mark = _DIVIDERS[tool].search(text)
        assert mark is not None
        return Section(text[: mark.start()]) if name == "up" else Section(_keeping_lines(text, mark.end(), len(text)))
    if tool == "goose" and (env := _GOOSE_ENVSUB.search(text)):
        raise SourceError(
            "goose fills in environment variables here (ENVSUB ON): write the values instead",
            file=file,
            line=text.count("\n", 0, env.start()) + 1,
        )
    section = _between(text, name, list(_MARKERS[tool].finditer(text)))
    if tool == "goose" and _GOOSE_NO_TRANSACTION.search(text):
        return Section(section.text, transaction=False)
    # Play splits at semicolons, and takes two of them for one.
    return Section(section.text.replace(";;", ";"), section.transaction) if tool == "Play" else section


def _between(text: str, name: str, marks: list[re.Match[str]]) -> Section:
    pieces: list[str] = []
    transaction = True
    taken = 0
    if name == "up" and all(mark["name"].lower() != "up" for mark in marks):
        pieces.append(text[: marks[0].start()])  # only the way back has a marker
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
