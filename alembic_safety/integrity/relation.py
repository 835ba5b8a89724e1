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

#: Tables, rows and pages to seconds, very roughly: they decide an order, not a result.
SECONDS_PER_TABLE = 4e-4
SECONDS_PER_PAGE = 6e-6
SECONDS_PER_ROW = 1.2e-7

# Estimates without a look at any file: pg_relation_size() and pg_partition_tree() would wait for locks. A table that was never
# analyzed has only the counters of the statistics collector.
_TREE = """(WITH RECURSIVE tree(oid) AS (SELECT {s}.oid UNION ALL SELECT h.inhrelid FROM tree JOIN pg_catalog.pg_inherits h
    ON h.inhparent = tree.oid) SELECT coalesce(sum({value}), 0) FROM tree
    JOIN pg_catalog.pg_class leaf ON leaf.oid = tree.oid AND leaf.relkind IN ('r', 'm'))"""
_PAGES = """CASE WHEN {c}.relpages > 0 THEN {c}.relpages ELSE pg_catalog.pg_stat_get_live_tuples({c}.oid) / 60 END"""
_ROWS = """CASE WHEN {c}.relpages > 0 AND {c}.reltuples >= 0 THEN {c}.reltuples ELSE pg_catalog.pg_stat_get_live_tuples({c}.oid) END"""


def pages(alias: str) -> str:
    """SQL: the estimated pages of a relation of ``scope``, for a partitioned table those of its partitions."""
    return _estimate(alias, _PAGES)


def rows(alias: str) -> str:
    """SQL: the estimated rows of a relation of ``scope``, for a partitioned table those of its partitions."""
    return _estimate(alias, _ROWS)


def _estimate(alias: str, value: str) -> str:
    tree = _TREE.format(s=alias, value=value.format(c="leaf"))
    return f"(CASE WHEN {alias}.relkind = 'p' THEN {tree} ELSE {value.format(c=alias)} END)::float8"


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
    parts = []
    for column in columns:
        text = f"{prefix}{column}::text"
        # The text 'NULL' is no NULL.
        shown = f"CASE {text} WHEN 'NULL' THEN quote_literal('NULL') ELSE left({text}, {_VALUE}) END"
        parts.append(f"{_literal(column + '=')} || coalesce({shown}, 'NULL')")
    return "concat_ws(', ', " + ", ".join(parts) + ")"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
