"""What the name of a SQL file says: which migration, which direction."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

UP, DOWN, REPEATABLE, BASELINE, CALLBACK = "up", "down", "repeatable", "baseline", "callback"

_FLYWAY = re.compile(r"^(?P<prefix>[VUB])(?P<version>[0-9]+(?:[._][0-9]+)*)__(?P<title>.+)$")
_FLYWAY_REPEATABLE = re.compile(r"^R__(?P<title>.+)$")
_FLYWAY_CALLBACK = re.compile(
    r"^(before|after)(Each)?(Migrate|Validate|Baseline|Clean|Info|Repair|Undo|Connect|CreateSchema|Version|Repeatables)"
    r"[A-Za-z]*(__.*)?$"
)
# 001.do.title / 001.undo.title
_POSTGRATOR = re.compile(r"^(?P<version>[0-9]+)\.(?P<word>do|undo)(?:\.(?P<title>.+))?$", re.IGNORECASE)
# A dot before the word is unmistakable; with _ and - it may be part of the title ("scale_down").
_SUFFIX = re.compile(
    r"^(?P<stem>.+?)(?P<separator>[._-])(?P<word>up|do|forward|down|undo|rollback|revert|backward)$", re.IGNORECASE
)
_PREFIX = re.compile(r"^(?P<word>up|down|undo|rollback|revert)(?P<separator>[._-])(?P<stem>[0-9].*)$", re.IGNORECASE)
_VERSION = re.compile(r"^(?:[vV](?=[0-9]))?(?P<version>[0-9]+(?:[.-][0-9]+(?![0-9A-Za-z]))*)")
_DOWN_WORDS = ("down", "undo", "rollback", "revert", "backward")
_POSTGRES = ("postgres", "postgresql", "pgsql", "pg")
_OTHER_DATABASES = (
    "mysql", "mariadb", "sqlite", "sqlite3", "cockroach", "cockroachdb", "crdb", "mssql", "sqlserver", "oracle", "clickhouse",
    "spanner", "h2", "db2",
)  # fmt: skip
#: Folders that hold the way back of files of the same name.
DOWN_FOLDERS = ("down", "downs", "rollback", "rollbacks", "undo", "revert", "reverts", "downgrade", "backward")
#: Folders that hold the way forward, where the way back is beside them.
UP_FOLDERS = ("up", "ups", "upgrade", "forward", "deploy")


@dataclass(frozen=True, slots=True)
class Name:
    """A file's name, understood."""

    #: What both directions have in common: ``0001_users`` of ``0001_users.down.sql``.
    stem: str
    role: str
    #: The number or timestamp that it begins with, or ''.
    version: str
    #: Whether another file has to confirm that it is a direction and not a part of the title.
    unsure: bool = False
    #: The database that it is for: "postgres", another's word for itself, or '' for all.
    dialect: str = ""
    #: Asks for no transaction (``.autocommit``).
    autocommit: bool = False


def read_name(name: str) -> Name:
    """Understand a file's name, given without ``.sql``: ``0001_users.postgres.down``, ``V1_2__users``."""
    rest, dialect, autocommit = _without_qualifiers(name)
    understood = _direction(rest)
    if not dialect and not autocommit and understood.stem != rest:
        stem, dialect, autocommit = _without_qualifiers(understood.stem)
        understood = replace(understood, stem=stem)
    return replace(understood, dialect=dialect, autocommit=autocommit)


def _without_qualifiers(name: str) -> tuple[str, str, bool]:
    """A name without ``.postgres``, ``.mysql``, ``.autocommit`` at its end, which is returned apart."""
    dialect, autocommit = "", False
    while True:
        rest, _, word = name.rpartition(".")
        word = word.lower()
        if rest and word in _POSTGRES:
            dialect = "postgres"
        elif rest and word in _OTHER_DATABASES:
            dialect = word
        elif rest and word == "autocommit":
            autocommit = True
        else:
            return name, dialect, autocommit
        name = rest


def _direction(name: str) -> Name:
    if match := _FLYWAY.match(name):
        role = {"V": UP, "U": DOWN, "B": BASELINE}[match["prefix"]]
        return Name(f"V{match['version']}", role, match["version"])
    if _FLYWAY_REPEATABLE.match(name):
        return Name(name, REPEATABLE, "")
    if _FLYWAY_CALLBACK.match(name):
        return Name(name, CALLBACK, "")
    if match := _POSTGRATOR.match(name):
        return Name(match["version"], DOWN if match["word"].lower() == "undo" else UP, match["version"])
    match = _SUFFIX.match(name) or _PREFIX.match(name)
    if match:
        role = DOWN if match["word"].lower() in _DOWN_WORDS else UP
        return Name(match["stem"], role, version_of(match["stem"]), unsure=match["separator"] != ".")
    return Name(name, UP, version_of(name))


def version_of(stem: str) -> str:
    """The number or timestamp that a name begins with, or ''."""
    match = _VERSION.match(stem)
    return match["version"] if match else ""


def title_of(stem: str) -> str:
    """A name in plain words: ``0001_add-users`` is "add users"."""
    flyway = _FLYWAY.match(stem) or _FLYWAY_REPEATABLE.match(stem)
    rest = flyway["title"] if flyway else _VERSION.sub("", stem)
    return re.sub(r"[._\-\s]+", " ", rest).strip() or stem


def natural(text: str) -> tuple[tuple[int, int | str], ...]:
    """A sort key in which 10 comes after 9."""
    pieces = re.split(r"([0-9]+)", text.casefold())
    return tuple((0, int(p)) if p.isdigit() and p.isascii() else (1, p) for p in pieces if p)
