"""Schemas that a history expects to be there, and that a throwaway database lacks."""

from __future__ import annotations

import re

from alembic_safety.postgres.session import sqlstate

_UNDEFINED_SCHEMA = "3F000"
_QUOTED = re.compile(r'["«„“»]\s?(.+)(?<!\s)\s?["»“”«]', re.DOTALL)


def missing_schema_in(error: BaseException) -> str | None:
    """The schema whose absence a database error complains of; None for any other error."""
    if sqlstate(error) != _UNDEFINED_SCHEMA:
        return None
    inner = getattr(error, "orig", None) or error
    diagnostics = getattr(inner, "diag", None)
    message = getattr(diagnostics, "message_primary", None) or getattr(inner, "message", None) or str(inner)
    match = _QUOTED.search(message)
    return match[1] if match is not None else None
