"""Statements that one of Alembic's operations says exactly as well."""

from __future__ import annotations

import re
from collections.abc import Callable

# A name that needs no quotes, with its schema. Quoted names stay SQL: their quoting would be SQLAlchemy's.
_NAME = r"(?:(?P<schema>[a-z_][a-z0-9_]*)\.)?(?P<name>[a-z_][a-z0-9_]*)"
_PLAIN = r"[a-z_][a-z0-9_]*"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text.replace(" ", r"\s+").replace("<name>", _NAME).replace("<plain>", f"({_PLAIN})"))


_DROP_TABLE = _pattern(r"DROP TABLE <name>")
_DROP_INDEX = _pattern(r"DROP INDEX <name>")
_RENAME_TABLE = _pattern(r"ALTER TABLE <name> RENAME TO <plain>")
_DROP_COLUMN = _pattern(r"ALTER TABLE <name> DROP COLUMN <plain>")
_DROP_CONSTRAINT = _pattern(r"ALTER TABLE <name> DROP CONSTRAINT <plain>")
_RENAME_COLUMN = _pattern(r"ALTER TABLE <name> RENAME COLUMN <plain> TO <plain>")
_NOT_NULL = _pattern(r"ALTER TABLE <name> ALTER COLUMN <plain> (SET|DROP) NOT NULL")


def as_operation(sql: str, *, op: str = "op") -> str | None:
    """A call such as ``op.drop_table("orders", schema="app")`` that sends the same statement, or None.

    Names of indexes and constraints go through ``op.f()``, so that no naming convention of the project changes them.
    """
    text = sql.strip().rstrip(";").rstrip()
    for pattern, write in _OPERATIONS:
        match = pattern.fullmatch(text)
        if match:
            schema = f', schema="{match["schema"]}"' if match["schema"] else ""
            call = write(match["name"], [g for g in match.groups()[2:] if g], schema)
            return f"{op}.{call.replace('<op>', op)}"
    return None


_OPERATIONS: tuple[tuple[re.Pattern[str], Callable[[str, list[str], str], str]], ...] = (
    (_DROP_TABLE, lambda name, _, schema: f'drop_table("{name}"{schema})'),
    (_DROP_INDEX, lambda name, _, schema: f'drop_index(<op>.f("{name}"){schema})'),
    (_RENAME_TABLE, lambda name, rest, schema: f'rename_table("{name}", "{rest[0]}"{schema})'),
    (_DROP_COLUMN, lambda name, rest, schema: f'drop_column("{name}", "{rest[0]}"{schema})'),
    (_DROP_CONSTRAINT, lambda name, rest, schema: f'drop_constraint(<op>.f("{rest[0]}"), "{name}"{schema})'),
    (
        _RENAME_COLUMN,
        lambda name, rest, schema: f'alter_column("{name}", "{rest[0]}", new_column_name="{rest[1]}"{schema})',
    ),
    (
        _NOT_NULL,
        lambda name, rest, schema: f'alter_column("{name}", "{rest[0]}", nullable={rest[1] == "DROP"}{schema})',
    ),
)
