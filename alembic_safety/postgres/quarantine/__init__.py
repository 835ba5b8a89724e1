"""What runs in the target database to keep rows and to give them back: PL/pgSQL functions in schema ``alembic_safety``.

They are there so that the same calls work online, in offline SQL (``upgrade --sql``) and in a stored downgrade, which no
Python runs. What is kept of a table are its old rows (``q<n>_old``) and hashes of what the upgrade made of them
(``q<n>_made``); ``docs/data.md`` tells the rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from alembic_safety.postgres.identifiers import quote_literal

#: Text of values must not depend on the session.
_PINNED = """SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC'
    SET extra_float_digits = 1 SET bytea_output = 'hex' SET lc_monetary = 'C' SET xmloption = 'content' SET row_security = off"""
_FILES = ("tables", "helpers", "preserve", "capture", "finish", "restore", "merge", "hold", "housekeeping")


@cache
def definitions() -> tuple[str, ...]:
    """The statements that make tables and functions, or bring them up to date; one text a file."""
    folder = files(__package__)
    return tuple(folder.joinpath(f"{name}.sql").read_text("utf-8").replace("{pinned}", _PINNED) for name in _FILES)


def call(version_table: str, revision: str, function: str, arguments: Sequence[Any]) -> str:
    """The statement that calls one of the functions for a revision.

    :param version_table: as SQL writes it.
    :param arguments: texts, lists of texts, booleans, None.
    """
    values = ", ".join(_literal(value) for value in (version_table, revision, *arguments))
    return f"SELECT alembic_safety.{function}({values})"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quote_literal(value)
    return "ARRAY[" + ", ".join(quote_literal(each) for each in value) + "]::text[]"
