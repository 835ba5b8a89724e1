"""Liquibase's formatted SQL: changesets between comments, each with comments that hold its way back.

See "Example changelogs: SQL format" in Liquibase's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from alembic_safety.errors import SourceError

_FIRST_LINE = re.compile(r"\A\s*--[ \t]*liquibase[ \t]+formatted[ \t]+sql\b", re.IGNORECASE)
_CHANGESET = re.compile(r"^--[ \t]*changeset[ \t]+(?P<attributes>[^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_ROLLBACK = re.compile(r"^--[ \t]*rollback\b[ \t]*(?P<sql>[^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_ROLLBACK_BLOCK = re.compile(r"/\*[ \t]*liquibase[ \t]+rollback\b(?P<sql>.*?)\*/", re.DOTALL | re.IGNORECASE)
_PARAMETER = re.compile(r"\$\{[\w.-]+\}")
_COMMENT = re.compile(r"--[^\r\n]*|/\*.*?\*/", re.DOTALL)
#: What a changeset says that has no way back, or needs none.
_NO_STATEMENT = frozenset({"", "empty", "not required"})
_OURS = frozenset({"postgresql", "all"})


class _Changeset(NamedTuple):
    start: int
    end: int
    attributes: str
    #: With its comments.
    text: str

    def value(self, name: str) -> str | None:
        found = re.search(rf"(?i)\b{name}:\"?([^\s\"]+)", self.attributes)
        return None if found is None else found[1]

    @property
    def is_ours(self) -> bool:
        """Whether it is for PostgreSQL."""
        names = (self.value("dbms") or "all").lower().split(",")
        refused = {name[1:] for name in names if name.startswith("!")}
        wanted = {name for name in names if not name.startswith("!")}
        return not _OURS & refused and (not wanted or bool(_OURS & wanted))


def is_formatted(text: str) -> bool:
    """Whether a file is a changelog."""
    return _FIRST_LINE.match(text) is not None


def up(text: str, *, file: str | None = None) -> tuple[str, bool]:
    """The text with changesets for other databases left out, line by line as it was, and whether it runs in a transaction.

    :raises SourceError: the file asks for values from elsewhere, or ends statements in its own way.
    """
    changesets = _checked(text, file)
    kept, at = [], 0
    for one in changesets:
        kept.append(text[at : one.start])
        kept.append(one.text if one.is_ours else "\n" * one.text.count("\n"))
        at = one.end
    ours = [one for one in changesets if one.is_ours]
    outside = bool(ours) and all((one.value("runInTransaction") or "").lower() == "false" for one in ours)
    return "".join([*kept, text[at:]]), not outside


def down(text: str, *, file: str | None = None) -> tuple[str, bool]:
    """The ways back of all changesets, the last one first; '' where one of them that has statements has none.

    :raises SourceError: as ``up``.
    """
    pieces = []
    for one in reversed([one for one in _checked(text, file) if one.is_ours]):
        found = [*_ROLLBACK.finditer(one.text), *_ROLLBACK_BLOCK.finditer(one.text)]
        if not found and _COMMENT.sub("", one.text).strip():
            return "", True
        sql = "\n".join(match["sql"] for match in found).strip()
        if sql.lower().rstrip(";") not in _NO_STATEMENT:
            pieces.append(sql if sql.endswith(";") else f"{sql}\n;")
    return "\n".join(pieces), True


def _checked(text: str, file: str | None) -> list[_Changeset]:
    changesets = list(_split(text))
    for one in changesets:
        if one.value("endDelimiter") not in (None, ";"):
            raise SourceError(
                "Liquibase ends statements by endDelimiter here: end them by semicolons",
                file=file,
                line=text.count("\n", 0, one.start) + 1,
            )
    parameter = _PARAMETER.search(text)
    if parameter is not None:
        raise SourceError(
            f"Liquibase would put a value in the place of {parameter[0]}: write the value",
            file=file,
            line=text.count("\n", 0, parameter.start()) + 1,
        )
    return changesets


def _split(text: str) -> Iterator[_Changeset]:
    marks = list(_CHANGESET.finditer(text))
    for number, mark in enumerate(marks):
        end = marks[number + 1].start() if number + 1 < len(marks) else len(text)
        yield _Changeset(mark.start(), end, mark["attributes"], text[mark.start() : end])
