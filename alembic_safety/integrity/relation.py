"""Relations as the checks see them: how to name one in FROM, and how to name one of its rows."""

from __future__ import annotations

from dataclasses import dataclass

#: SQL expression over a relation's OID: its primary key's columns, quoted, in key order.
PRIMARY_KEY = """ARRAY(
    SELECT quote_ident(ka.attname) FROM pg_catalog.pg_index ki
    CROSS JOIN unnest(ki.indkey::int2[]) WITH ORDINALITY AS k(num, ord)
    JOIN pg_catalog.pg_attribute ka ON ka.attrelid = ki.indrelid AND ka.attnum = k.num
    WHERE ki.indrelid = {oid} AND ki.indisprimary AND k.ord <= ki.indnkeyatts ORDER BY k.ord)"""

#: Most characters of one value in an example.
_VALUE = 60

#: Rows and pages to seconds, very roughly: they decide an order, not a result.
SECONDS_PER_PAGE = 6e-6
SECONDS_PER_ROW = 1.2e-7

#: SQL expressions over ``scope``: estimated rows and pages, also where nothing was ever analyzed.
PAGES = """(CASE WHEN {s}.relkind = 'p' THEN coalesce((SELECT sum(lc.relpages) FROM pg_catalog.pg_partition_tree({s}.oid) lt
        JOIN pg_catalog.pg_class lc ON lc.oid = lt.relid WHERE lt.isleaf), 0)
    WHEN {s}.relpages > 0 THEN {s}.relpages
    ELSE coalesce(pg_catalog.pg_relation_size({s}.oid) / 8192, 0) END)::float8"""
ROWS = """(CASE WHEN {s}.relkind = 'p' THEN coalesce((SELECT sum(greatest(lc.reltuples, 0)) FROM pg_catalog.pg_partition_tree({s}.oid) lt
        JOIN pg_catalog.pg_class lc ON lc.oid = lt.relid WHERE lt.isleaf), 0)
    WHEN {s}.reltuples >= 0 AND {s}.relpages > 0 THEN {s}.reltuples
    ELSE coalesce(pg_catalog.pg_relation_size({s}.oid) / 8192, 0) * 60 END)::float8"""


def pages(alias: str) -> str:
    """SQL: the estimated pages of a relation of ``scope``."""
    return PAGES.format(s=alias)


def rows(alias: str) -> str:
    """SQL: the estimated rows of a relation of ``scope``."""
    return ROWS.format(s=alias)


def primary_key(oid: str) -> str:
    """SQL: the primary key of the relation whose OID the expression ``oid`` gives, as text[]."""
    return PRIMARY_KEY.format(oid=oid)


@dataclass(frozen=True, slots=True)
class Relation:
    """A table that rows are read from."""

    oid: int
    identity: str
    #: ``r``, ``p``, ``m`` as in pg_class.
    kind: str
    key: tuple[str, ...]

    @property
    def source(self) -> str:
        """The relation in FROM: its own rows only, or for a partitioned table those of its partitions."""
        return self.identity if self.kind == "p" else f"ONLY {self.identity}"

    @property
    def row_name(self) -> tuple[str, ...]:
        """The columns that name a row: the primary key, or where the row lies."""
        if self.key:
            return self.key
        return ("tableoid", "ctid") if self.kind == "p" else ("ctid",)


def example(columns: tuple[str, ...], alias: str = "") -> str:
    """SQL: a row's values as ``id=5, line=2``."""
    prefix = f"{alias}." if alias else ""
    parts = [
        f"{_literal(column + '=')} || coalesce(left({prefix}{column}::text, {_VALUE}), 'NULL')" for column in columns
    ]
    return "concat_ws(', ', " + ", ".join(parts) + ")"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
