"""Unqualified names led where production leads them by ``ALTER ROLE … SET search_path`` or ``ALTER DATABASE … SET search_path``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from alembic_safety.postgres.identifiers import quote_ident

#: What every database has, or what is no schema of its own.
_ALWAYS = frozenset({"public", "pg_catalog", "pg_temp", "information_schema", "$user"})


def set_for_session(driver: str, parameters: dict[str, Any], path: Sequence[str]) -> None:
    """Let a session begin with it, by the driver's arguments; what the project sets for itself comes after and holds."""
    if not path:
        return
    text = ", ".join(map(quote_ident, path))
    if driver == "asyncpg":
        parameters["server_settings"] = {"search_path": text, **(parameters.get("server_settings") or {})}
    else:
        escaped = text.replace("\\", "\\\\").replace(" ", "\\ ")
        parameters["options"] = f"-csearch_path={escaped} {parameters.get('options') or ''}".rstrip()


def made_by_nobody(path: Iterable[str], sources: Iterable[str]) -> list[str]:
    """Its schemas that no revision creates, as far as the text tells: production had them before the first."""
    texts = list(sources)
    return [
        name
        for name in path
        if name not in _ALWAYS
        and not any(re.search(rf"""(?i)create\s*schema[\s("'\w]*["'\s]{re.escape(name)}\b""", text) for text in texts)
    ]
