"""Which relations a verification is about: one common table expression that every catalog query starts from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from alembic_safety.errors import UsageError
from alembic_safety.integrity.options import Options
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import Session

#: Ours, with its own rules; never verified.
OWN_SCHEMA = "alembic_safety"

_RELATIONS = """
scope AS NOT MATERIALIZED (
    SELECT c.oid, c.relname, n.nspname, c.relkind, c.relpersistence, c.relispartition, c.relowner,
           c.reltuples, c.relpages, c.relallvisible, c.relispopulated, c.relrowsecurity, c.relnamespace,
           format('%I.%I', n.nspname, c.relname) AS identity,
           {readable} AS readable, {partly} AS partly
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE {condition}
)
"""

# Reading must need no more than SELECT, on the table or on some of its columns; a row that row security hides would be taken for
# missing.
_READABLE = """(pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND {granted}
            AND NOT pg_catalog.row_security_active(c.oid) AND NOT ({in_recovery} AND c.relpersistence = 'u'))"""
_WHOLE = "pg_catalog.has_table_privilege(c.oid, 'SELECT')"
_SOME = f"NOT {_WHOLE} AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')"

# A relation of an extension is the extension's business.
_ORDINARY = """n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', {own})
      AND n.nspname !~ '^pg_(toast_)?temp_' AND c.relpersistence <> 't'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                      WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')"""


@dataclass(frozen=True, slots=True)
class Scope:
    """The relations in question, and what the server is."""

    #: SQL over ``c`` (pg_class) and ``n`` (pg_namespace).
    condition: str
    #: SQL over ``n`` alone, for what lives in a schema and is no relation.
    schema_condition: str
    version: int
    in_recovery: bool
    options: Options
    #: Whether only some tables are meant: then what belongs to no table is left out.
    narrowed: bool

    def query(self, sql: str) -> str:
        """``sql`` with the relation ``scope`` in front of it."""
        recovery = "true" if self.in_recovery else "false"
        readable, partly = (_READABLE.format(granted=granted, in_recovery=recovery) for granted in (_WHOLE, _SOME))
        return f"WITH {_RELATIONS.format(condition=self.condition, readable=readable, partly=partly)}{sql}"

    def limited(self, oids: Iterable[int]) -> Scope:
        """The same, with only the relations of these OIDs."""
        return self.where(f"c.oid = ANY ({oid_array(oids)})")

    def where(self, condition: str) -> Scope:
        """The same, with only the relations that fulfil SQL over ``c`` (pg_class): queries about few need not look at all."""
        combined = f"{self.condition} AND {condition}"
        return Scope(combined, self.schema_condition, self.version, self.in_recovery, self.options, True)

    def at_least(self, major: int) -> bool:
        """Whether the server is of this major version or newer."""
        return self.version >= major * 10000


def columns_readable(alias: str, numbers: str) -> str:
    """SQL: whether these columns (an expression for int2[]) of a relation of ``scope`` may be read."""
    return f"""({alias}.readable OR {alias}.partly AND NOT EXISTS (SELECT FROM unnest({numbers}) AS needed(number)
        WHERE NOT pg_catalog.has_column_privilege({alias}.oid, needed.number, 'SELECT')))"""


def oid_array(oids: Iterable[int]) -> str:
    """OIDs as an SQL array."""
    return "'{" + ",".join(str(int(oid)) for oid in oids) + "}'::oid[]"


def text_array(values: Iterable[str]) -> str:
    """Texts as an SQL array."""
    return "ARRAY[" + ", ".join(quote_literal(value) for value in values) + "]::text[]"


def open_scope(session: Session, options: Options) -> Scope:
    """Read what the server is, and resolve the schemas and tables that the options name.

    :raises UsageError: for a schema or table that does not exist.
    """
    version, in_recovery = session.fetch(
        "SELECT current_setting('server_version_num')::int, pg_catalog.pg_is_in_recovery()"
    )[0]
    condition = schema_condition = _ORDINARY.format(own=quote_literal(OWN_SCHEMA))
    schema_condition = condition.split("\n")[0] + " AND n.nspname !~ '^pg_(toast_)?temp_'"
    if options.schemas:
        _require_schemas(session, options.schemas)
        only = f" AND n.nspname = ANY ({text_array(options.schemas)})"
        condition += only
        schema_condition += only
    if options.tables:
        condition += f" AND c.oid = ANY ({oid_array(_resolve(session, options))})"
    return Scope(condition, schema_condition, version, in_recovery, options, bool(options.tables))


def _require_schemas(session: Session, schemas: Iterable[str]) -> None:
    known = {row[0] for row in session.fetch("SELECT nspname FROM pg_catalog.pg_namespace")}
    for schema in schemas:
        if schema not in known:
            raise UsageError(f"There is no schema {schema!r} in this database; name one that exists")


_PARTITIONS = """
WITH RECURSIVE tree(oid) AS (
    SELECT {oid}::oid UNION ALL SELECT h.inhrelid FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid AND c.relkind = 'p'
    JOIN pg_catalog.pg_inherits h ON h.inhparent = tree.oid
) SELECT oid FROM tree
"""


def _resolve(session: Session, options: Options) -> list[int]:
    """The OIDs of the named tables and of their partitions."""
    oids: set[int] = set()
    for table in options.tables:
        try:
            found = session.fetch(f"SELECT pg_catalog.to_regclass({quote_literal(table)})::oid")[0][0]
        except Exception as error:
            raise UsageError(f"{table!r} is not the name of a table; write it as SQL does, schema.table") from error
        if found is None:
            raise UsageError(f"There is no table {table!r} in this database; write it as SQL does, schema.table")
        oids.add(int(found))
        oids.update(int(row[0]) for row in session.fetch(_PARTITIONS.format(oid=int(found))))
    return sorted(oids)
