"""What a file sets for its session ends with the file, as it did where each file was run in a session of its own.

Otherwise ``SET search_path`` in one file would hide Alembic's version table, and change what the next file means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.revisions.lexer import words

if TYPE_CHECKING:
    from alembic_safety.postgres.session import Session
    from alembic_safety.revisions.script import Statement

_SET_CONFIG = re.compile(r"\bset_config\s*\(\s*'([\w.]+)'\s*,", re.IGNORECASE)
# SET within a DO block; of the settings that matter to what comes after, as UPDATE … SET names columns in the same way.
_SET_WITHIN = re.compile(
    r"\bSET\s+(?:(LOCAL)\s+|SESSION\s+)?"
    r"(search_path|statement_timeout|lock_timeout|session_replication_role|row_security|check_function_bodies|timezone|datestyle)"
    r"\s*(?:=|\bTO\b)",
    re.IGNORECASE,
)
# Where set_config() is called, and not written into a function for later.
_QUERIES = ("SELECT", "WITH", "DO", "CALL", "VALUES")
# What has its own syntax, by its first words; None is about the transaction, or can't be read back.
_SPECIAL: dict[str, str | None] = {
    "TIME ZONE": "timezone",
    "SESSION AUTHORIZATION": "session_authorization",
    "SESSION CHARACTERISTICS": None,
    "XML OPTION": "xmloption",
    "ROLE": "role",
    "NAMES": "client_encoding",
    "SCHEMA": "search_path",
    "CONSTRAINTS": None,
    "TRANSACTION": None,
    "SEED": None,
    "ALL": None,
}


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """The settings that a file changes, each with whether only for the transaction."""

    names: tuple[tuple[str, bool], ...] = ()

    def save(self, session: Session) -> dict[str, str]:
        """Their present values. Raises the driver's error."""
        if not self.names:
            return {}
        rows = ", ".join(f"({quote_literal(name)})" for name, _ in self.names)
        query = f"SELECT s.name, pg_catalog.current_setting(s.name, true) FROM (VALUES {rows}) AS s(name)"
        return {name: value for name, value in session.fetch(query) if value is not None}

    def restore(self, session: Session, saved: dict[str, str]) -> None:
        """Give them their saved values. Raises the driver's error."""
        # An authorization resets the role with it, so it comes first; the encoding of what follows comes last.
        for name, local in sorted(self.names, key=lambda item: item[0] != "session_authorization"):
            if name in saved:
                value = quote_literal(saved[name])
                session.execute(f"SELECT pg_catalog.set_config({quote_literal(name)}, {value}, {str(local).lower()})")

    def resets(self) -> list[str]:
        """Statements that give them back the session's default, for a script."""
        return [
            "RESET SESSION AUTHORIZATION" if name == "session_authorization" else f"RESET {name}"
            for name, local in self.names
            if not local
        ]


def settings_in(statements: Iterable[Statement]) -> SessionSettings:
    """The settings that these statements change, in order."""
    found: dict[str, bool] = {}
    for statement in statements:
        head = statement.words[:1]
        if head in (("SET",), ("RESET",)):
            changed = _set_name(words(statement.text, 8)[1:])
            if changed is not None:
                name, local = changed
                found[name] = found.get(name, True) and local
        elif statement.words[:1] and statement.words[0] in _QUERIES:
            for match in _SET_CONFIG.finditer(statement.text):
                name, local = match[1].lower(), _is_local(statement.text, match.end())
                found[name] = found.get(name, True) and local
        if statement.words[:1] == ("DO",):
            for match in _SET_WITHIN.finditer(statement.text):
                name = match[2].lower()
                found[name] = found.get(name, True) and match[1] is not None
    return SessionSettings(tuple(found.items()))


def _is_local(text: str, start: int) -> bool:
    """Whether the arguments of set_config() that go on at ``start`` end in true."""
    depth = 1
    for match in re.finditer(r"[()]", text[start:]):
        depth += 1 if match.group() == "(" else -1
        if depth == 0:
            last = text[start : start + match.start()].rpartition(",")[2]
            return last.strip(" \t\r\n'").lower() in ("true", "t", "on", "1")
    return False


def _set_name(rest: list[str]) -> tuple[str, bool] | None:
    local = rest[:1] == ["LOCAL"]
    if local or (rest[:1] == ["SESSION"] and rest[1:2] not in (["AUTHORIZATION"], ["CHARACTERISTICS"])):
        rest = rest[1:]
    for size in (2, 1):
        special = " ".join(rest[:size])
        if special in _SPECIAL:
            name = _SPECIAL[special]
            return None if name is None else (name, local)
    end = next((i for i, word in enumerate(rest) if word in ("TO", "=", ";")), len(rest))
    name = "".join(part.strip('"') for part in rest[:end]).lower()
    return (name, local) if re.fullmatch(r"[\w.]+", name) else None
