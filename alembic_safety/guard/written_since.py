"""Rows that others wrote into what a revision made, since it was committed: a downgrade would drop them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import Session
from alembic_safety.rehearsal.closure import ABSENT, entries

if TYPE_CHECKING:
    from alembic_safety.guard.transactions import Horizon

_COLUMN = r"""
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.quote_ident(a.attname), pg_catalog.pg_get_expr(d.adbin, d.adrelid),
       a.attidentity <> '' OR a.attgenerated <> '' OR coalesce(d.adbin::text ~ '{{(NEXTVALUEEXPR|SQLVALUEFUNCTION) ', false)
       OR EXISTS (SELECT 1 FROM pg_catalog.regexp_matches(d.adbin::text, ':(?:op)?funcid (\d+) ', 'g') AS f(oid)
                  JOIN pg_catalog.pg_proc p ON p.oid = f.oid[1]::oid WHERE p.provolatile <> 'i')
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
  AND pg_catalog.format('%I.%I.%I', n.nspname, c.relname, a.attname) = {column}
"""


def rows_of_others(session: Session, closure: Mapping[str, str], horizon: Horizon, *, lock: bool) -> list[str]:
    """Tables and columns that the revision made and others wrote to since, with how many rows; empty where there are none.

    A value that a column's default gave is nobody's: who does not know the column writes no other one. Columns whose default
    gives another value each time are passed over.

    :param lock: keep others from writing until the transaction ends, so that the answer stays true.
    """
    made = [name for name, was, is_ in entries(closure) if was == ABSENT and is_ != ABSENT]
    found = []
    for table in sorted(identity for kind, identity in made if kind == "table"):
        if not _is_table(session, table):
            continue
        if lock:
            session.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        found += _counted(session, table, table, horizon.written_since("t"))
    for column in sorted(identity for kind, identity in made if kind == "column"):
        found += _in_column(session, column, horizon, lock=lock)
    return found


def _in_column(session: Session, column: str, horizon: Horizon, *, lock: bool) -> list[str]:
    rows = session.fetch(_COLUMN.format(column=quote_literal(column)))
    if not rows:
        return []
    table, name, default, is_computed = rows[0]
    if is_computed:
        return []
    if lock:
        session.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
    condition = f"{horizon.written_since('t')} AND t.{name} IS DISTINCT FROM {default or 'NULL'}"
    return _counted(session, table, column, condition)


def _is_table(session: Session, table: str) -> bool:
    query = f"SELECT 1 FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass({quote_literal(table)}) AND relkind IN ('r', 'p')"
    return bool(session.fetch(query))


def _counted(session: Session, table: str, subject: str, condition: str) -> list[str]:
    count = int(session.fetch(f"SELECT pg_catalog.count(*) FROM {table} t WHERE {condition}")[0][0])
    return [f"{count} row{'s' if count > 1 else ''} in {subject}"] if count else []
