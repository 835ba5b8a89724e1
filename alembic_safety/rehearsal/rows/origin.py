"""A table as it will be, read from the rows as they are: names that the new schema gives, mapped to what holds them now."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.postgres.identifiers import quote_ident

if TYPE_CHECKING:
    from alembic_safety.model.snapshot import Snapshot

#: Names of ours inside of a probe.
KEY, _TABLE, _ROW = "alembic_safety_key", "alembic_safety_table", "alembic_safety_row"
_PLACED = f"tableoid AS {_TABLE}, ctid AS {_ROW}"


class Unknown(Exception):  # noqa: N818 - a signal between our own modules
    """What the new schema asks for does not exist in the old one."""


def origin_of(rows: Snapshot, new: Snapshot, table: Address) -> Origin | None:
    """A table of the new schema with where its rows are now; None for one that is new.

    One that was dropped and made again is looked up by its name.
    """
    obj = new.objects.get(table)
    if obj is None or obj.kind != "table":
        return None
    old = rows.objects.get(table) or rows.by_identity.get(("table", obj.identity))
    return None if old is None or old.kind != "table" else Origin(rows, new, old, obj)


class Origin:
    """Where the rows of one table are."""

    def __init__(self, rows: Snapshot, new: Snapshot, old_table: CatalogObject, new_table: CatalogObject) -> None:
        self.old = old_table
        self.new = new_table
        olds = {c.name: c for c in rows.children.get(old_table.address, ()) if c.kind == "column"}
        by_address = {c.address: c for c in olds.values()}
        news = [c for c in new.children.get(new_table.address, ()) if c.kind == "column"]
        rebuilt = old_table.address != new_table.address
        #: New columns with what holds their values now.
        self._columns: dict[str, tuple[CatalogObject, CatalogObject | None]] = {
            c.name: (c, olds.get(c.name) if rebuilt else by_address.get(c.address)) for c in news
        }
        #: Whether what there is has its new name and type already.
        self._plain = all(
            o is None or (o.name, o.props["type"]) == (c.name, c.props["type"]) for c, o in self._columns.values()
        )
        self._numbers = {c.address.sub: c.name for c in news}
        self._partitioned = bool(old_table.props["partition_key"])
        #: What tells a row from others, as SQL.
        self.key = _key(rows, old_table)
        self._by_place = False

    def by_place(self) -> Origin:
        """The same, whose queries give the places of rows in the place of keys: of those that would have to go, so that the others fit."""
        other = copy.copy(self)
        other._by_place = True  # noqa: SLF001 - our own copy
        return other

    def old_column(self, column: CatalogObject) -> CatalogObject | None:
        """What holds the values of a column now."""
        return self._columns[column.name][1] if column.name in self._columns else None

    def old_name(self, column: CatalogObject) -> str | None:
        """Its name now."""
        old = self.old_column(column)
        return None if old is None else old.name

    def names_of(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """The present names of columns of the new table. Raises Unknown for one that is new."""
        return tuple(self._old(self._numbers.get(int(number), "")).name for number in numbers)

    def where(self, condition: str, *, as_new: bool = True, only: bool = False) -> str:
        """Keys of the rows that meet a condition, written with the names of the new table (or of the old one)."""
        if not as_new:
            shown = _PLACED if self._by_place else f"{self.key} AS {KEY}"
            return f"SELECT {shown} FROM {self._from(only)} WHERE {condition}"
        return f"SELECT {self._shown} FROM {self._source(only)} WHERE {condition}"

    def duplicates(self, expressions: Sequence[str], predicate: str, *, nulls_equal: bool) -> str:
        """Keys of the rows that share the values of some expressions."""
        source = self._source(not self._partitioned)
        listed = ", ".join(f"({text})" for text in expressions)
        among = f" WHERE ({predicate})" if predicate else ""
        if self._by_place:
            filled = "true" if nulls_equal else f"pg_catalog.num_nulls({listed}) = 0"
            among += f"{' AND' if predicate else ' WHERE'} {filled}"
            order = "tableoid, ctid" if self._plain else f"{_TABLE}, {_ROW}"
            number = f"pg_catalog.row_number() OVER (PARTITION BY {listed} ORDER BY {order})"
            return f"SELECT {_TABLE}, {_ROW} FROM (SELECT {self._shown}, {number} AS n FROM {source}{among}) AS d WHERE n > 1"
        if nulls_equal:
            return (
                f"SELECT {KEY} FROM (SELECT {self._shown}, pg_catalog.count(*) OVER (PARTITION BY {listed}) AS n "
                f"FROM {source}{among}) AS d WHERE n > 1"
            )
        places = ", ".join(str(n + 1) for n in range(len(expressions)))
        groups = f"SELECT {listed} FROM {source}{among} GROUP BY {places} HAVING pg_catalog.count(*) > 1"
        condition = f"({predicate}) AND " if predicate else ""
        return f"SELECT {self._shown} FROM {source} WHERE {condition}({listed}) IN ({groups})"

    def orphans(self, numbers: Sequence[int], parent: Origin, others: Sequence[int], *, full: bool) -> str:
        """Keys of the rows that refer to no row of the parent."""
        own = [f"c.{quote_ident(self._known(n))}" for n in numbers]
        other = [f"p.{quote_ident(parent._known(n))}" for n in others]
        same = " AND ".join(f"{b} = {a}" for a, b in zip(own, other, strict=True))
        filled = " AND ".join(f"{column} IS NOT NULL" for column in own)
        missing = f"{filled} AND NOT EXISTS (SELECT FROM {parent._source(not parent._partitioned, 'p')} WHERE {same})"
        if full and len(own) > 1:
            nulls = f"pg_catalog.num_nulls({', '.join(own)})"
            missing = f"{nulls} BETWEEN 1 AND {len(own) - 1} OR {missing}"
        return f"SELECT {self._shown} FROM {self._source(not self._partitioned, 'c')} WHERE {missing}"

    def overlaps(self, expressions: Sequence[str], operators: Sequence[str], predicate: str) -> str:
        """Keys of the rows that exclude one another."""
        named = [f"({text}) AS k{n}" for n, text in enumerate(expressions)]
        key = f"{self.key} AS {KEY}" if self._plain else KEY
        place = _PLACED if self._plain else f"{_TABLE}, {_ROW}"
        inner = f"SELECT {key}, {place}, {', '.join(named)} FROM {self._source(not self._partitioned)}"
        if predicate:
            inner += f" WHERE {predicate}"
        meet = " AND ".join(f"a.k{n} {operator} b.k{n}" for n, operator in enumerate(operators))
        other = f"(a.{_TABLE}, a.{_ROW}) {'>' if self._by_place else '<>'} (b.{_TABLE}, b.{_ROW})"
        shown = f"a.{_TABLE}, a.{_ROW}" if self._by_place else f"a.{KEY}"
        return f"SELECT {shown} FROM ({inner}) AS a WHERE EXISTS (SELECT FROM ({inner}) AS b WHERE {other} AND {meet})"

    @property
    def _shown(self) -> str:
        """The key of a row of ``_source``, or its place."""
        if self._by_place:
            return _PLACED if self._plain else f"{_TABLE}, {_ROW}"
        return f"{self.key} AS {KEY}" if self._plain else KEY

    def _known(self, number: int) -> str:
        """The new name of a column, which must be there already. Raises Unknown."""
        name = self._numbers.get(int(number), "")
        self._old(name)
        return name

    def _old(self, name: str) -> CatalogObject:
        found = self._columns.get(name, (None, None))[1]
        if found is None:
            raise Unknown
        return found

    def _source(self, only: bool, alias: str = "") -> str:
        """The rows under the new names, in the new types where those differ."""
        if self._plain:
            return f"{self._from(only)} AS {alias or quote_ident(self.new.name)}"
        columns = [f"{self.key} AS {KEY}", f"tableoid AS {_TABLE}", f"ctid AS {_ROW}"]
        for name, (new, old) in self._columns.items():
            if old is not None:
                value = quote_ident(old.name)
                if old.props["type"] != new.props["type"]:
                    value = f"{value}::{new.props['type']}"
                columns.append(f"{value} AS {quote_ident(name)}")
        return f"(SELECT {', '.join(columns)} FROM {self._from(only)}) AS {alias or quote_ident(self.new.name)}"

    def _from(self, only: bool) -> str:
        return f"ONLY {self.old.identity}" if only else self.old.identity


def _key(rows: Snapshot, table: CatalogObject) -> str:
    """What tells a row from others, as text: its primary key, or its place."""
    for obj in rows.children.get(table.address, ()):
        if obj.kind == "constraint" and obj.props["type"] == "primary key":
            names = ", ".join(quote_ident(name) for name in obj.props["columns"])
            return f"pg_catalog.concat_ws(', ', {names})"
    return "tableoid::pg_catalog.regclass::pg_catalog.text || ' ' || ctid::pg_catalog.text"
