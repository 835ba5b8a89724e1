"""Roles that migrations name, and that a throwaway server lacks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from alembic_safety.errors import OwnershipError
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.postgres.session import sqlstate

if TYPE_CHECKING:
    from alembic_safety.postgres.server import Server

# Names that SQL gives a meaning of their own where a role is expected; "pg_" is PostgreSQL's own prefix.
_NOT_ROLES = frozenset({"public", "current_user", "current_role", "session_user", "none"})

#: Undefined object; and invalid parameter value, which SET ROLE answers.
_STATES = frozenset({"42704", "22023"})
# Quotes within the name are not doubled in messages.
_ENGLISH = re.compile(r'role "(.+)" does not exist', re.DOTALL)
_ANY_LANGUAGE = re.compile(r'["«„“»]\s?(.+)(?<!\s)\s?["»“”«]', re.DOTALL)


def ensure(server: Server, names: Sequence[str]) -> tuple[str, ...]:
    """Create what is missing of ``names``; see :meth:`Server.ensure_roles`."""
    if not server.is_ours:
        raise OwnershipError(f"No role is created on {server.origin}: that server isn't ours")
    wanted = [name for name in dict.fromkeys(names) if name.lower() not in _NOT_ROLES and not name.startswith("pg_")]
    connection = server.maintenance()
    existing = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
    missing = [name for name in wanted if name not in existing]
    for name in missing:
        connection.execute(f"CREATE ROLE {quote_ident(name)} NOLOGIN", prepare=False)
    return tuple(missing)


def missing_role_in(error: BaseException) -> str | None:
    """The role whose absence a database error complains of; None for any other error.

    The same SQLSTATE stands for many kinds of objects, so the message decides. On a server of ours it is always in English;
    for another the C function that reports it is looked at where the driver gives it, and then the quoted name is taken.
    """
    if sqlstate(error) not in _STATES:
        return None
    inner = getattr(error, "orig", None) or error
    diagnostics = getattr(inner, "diag", None)
    message = getattr(diagnostics, "message_primary", None) or getattr(inner, "message", None) or str(inner)
    match = _ENGLISH.search(message)
    if match is None and _from_role_lookup(diagnostics):
        match = _ANY_LANGUAGE.search(message)
    return match[1] if match is not None else None


def _from_role_lookup(diagnostics: object) -> bool:
    function = getattr(diagnostics, "source_function", None)
    return function in {"get_role_oid", "get_rolespec_tuple", "get_rolespec_oid", "AlterRole", "DropRole", "RenameRole"}
