"""What a change of schema demands of rows that are there already: as probes, and as ways to make rows that don't meet it.

Read at the schema that demands; the probes are written for the schema that the rows are in. So the same reading serves both
ways: what an upgrade demands of old rows, and what a downgrade demands of rows that were written since.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.probe import Probe
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.rehearsal.rows.conversions import conversions
from alembic_safety.rehearsal.rows.origin import Origin, Unknown, origin_of

if TYPE_CHECKING:
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.postgres.session import Session

_CONSTRAINTS = """
SELECT c.oid::pg_catalog.int8, c.confrelid::pg_catalog.int8, coalesce(c.conkey, '{}')::pg_catalog.int4[], c.confkey::pg_catalog.int4[],
  c.confmatchtype::pg_catalog.text, coalesce(pg_catalog.pg_get_expr(c.conbin, c.conrelid), ''), c.connoinherit,
  ARRAY(SELECT 'OPERATOR(' || pg_catalog.quote_ident(n.nspname) || '.' || o.oprname || ')'
    FROM pg_catalog.unnest(c.conexclop) WITH ORDINALITY AS x (op, i)
    JOIN pg_catalog.pg_operator o ON o.oid = x.op JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace ORDER BY x.i)
FROM pg_catalog.pg_constraint c WHERE c.oid = ANY ('{%s}')
"""
_INDEXES = """
SELECT i.indexrelid::pg_catalog.int8,
  ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, n, true) FROM pg_catalog.generate_series(1, i.indnkeyatts) AS n),
  coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), ''),
  coalesce((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
  ARRAY(SELECT DISTINCT d.refobjsubid FROM pg_catalog.pg_depend d WHERE d.refobjsubid > 0
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = i.indrelid
    AND (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = i.indexrelid
      OR d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
        AND d.objid IN (SELECT oid FROM pg_catalog.pg_constraint WHERE conindid = i.indexrelid AND conrelid = i.indrelid))
    ORDER BY d.refobjsubid)
FROM pg_catalog.pg_index i WHERE i.indexrelid = ANY ('{%s}')
"""
_BOUNDS = """
SELECT o::pg_catalog.int8, pg_catalog.pg_get_partition_constraintdef(o) FROM pg_catalog.unnest('{%s}'::pg_catalog.oid[]) AS o
"""
_ACTIONS = re.compile(
    r"(?: ON (?:UPDATE|DELETE) (?:CASCADE|RESTRICT|NO ACTION|SET NULL|SET DEFAULT)(?: \([^)]*\))?| DEFERRABLE| INITIALLY DEFERRED)+\Z"
)


@dataclass(frozen=True, kw_only=True)
class Demand:
    """One demand."""

    probe: Probe
    #: The table's address where the rows are, and the key of a row there, as SQL.
    table: Address
    key: str
    #: Columns that are looked at, as they are called where the rows are.
    columns: tuple[str, ...] = ()
    #: Values for the only column, as SQL, of which one may be a violation.
    values: tuple[str, ...] = ()
    #: Whether a row that takes these columns' values from another row is a violation.
    copies: bool = False


class Reader:
    """Reads the demands of one change."""

    def __init__(self, session: Session, rows: Snapshot, demanding: Snapshot, *, places: bool = False) -> None:
        """``session`` stands at ``demanding``, in a transaction; ``rows`` is the schema in which the rows are.

        :param places: whether the probes are to tell the places of rows, too.
        """
        self._places = places
        self._session = session
        self._rows = rows
        self._new = demanding
        self._origins: dict[Address, Origin | None] = {}

    def read(self) -> list[Demand]:
        """All demands, in a stable order; what can't be asked of the rows as they are is left out (see ``Unknown``)."""
        apart = sorted(self._new.apart_from(self._rows) & self._new.objects.keys())
        fresh = [obj for obj in map(self._new.objects.__getitem__, apart) if self._is_news(obj)]
        if not fresh:
            return []
        found: list[Demand] = []
        self._session.execute("SAVEPOINT alembic_safety_demands; SET LOCAL search_path = ''")
        try:
            for demands in (self._columns(fresh), self._keys(fresh), self._constraints(fresh), self._bounds(fresh)):
                found += demands
        finally:
            self._session.execute(
                "ROLLBACK TO SAVEPOINT alembic_safety_demands; RELEASE SAVEPOINT alembic_safety_demands"
            )
        unique = {(d.probe.code, d.probe.query): d for d in reversed(found)}
        return sorted(unique.values(), key=lambda d: (d.probe.table, d.probe.subject, d.probe.code))

    def _is_news(self, obj: CatalogObject) -> bool:
        old = self._rows.objects.get(obj.address)
        return old is None or old.props != obj.props

    # -- columns ----------------------------------------------------------------------------------------------------------
    def _columns(self, fresh: list[CatalogObject]) -> Iterator[Demand]:
        retyped = self._with_changed_types(fresh)
        for obj in [o for o in self._new.of_kind("column") if o.address in retyped]:
            origin = self._origin(obj.parent)
            if origin is None or self._is_inherited(obj):
                continue
            yield from self._not_null(obj, origin)
            name = origin.old_name(obj)
            old = origin.old_column(obj)
            if name is None or old is None or obj.props["generated"] or old.props["generated"]:
                continue
            for wanted in conversions(self._rows, self._new, old, obj, quote_ident(old.name)):
                yield self._demand(
                    origin,
                    wanted.code,
                    "column",
                    obj.identity,
                    wanted.demand,
                    partial(Origin.where, condition=wanted.condition, as_new=False),
                    columns=(old.name,),
                    values=wanted.values,
                    emptied="" if wanted.code == "null" else old.name,
                    server=wanted.server,
                )

    def _with_changed_types(self, fresh: list[CatalogObject]) -> set[Address]:
        """Columns that are news, or whose enum or domain is."""
        wanted = {o.address for o in fresh if o.kind == "column"}
        types = {o.identity for o in fresh if o.kind in ("enum", "domain")}
        types |= {self._new.objects[o.parent].identity for o in fresh if o.kind == "domain_constraint" and o.parent}
        if types:
            wanted |= {
                c.address for c in self._new.of_kind("column") if str(c.props["type"]).removesuffix("[]") in types
            }
        return wanted

    def _not_null(self, obj: CatalogObject, origin: Origin) -> Iterator[Demand]:
        if not obj.props["not_null"]:
            return
        old = origin.old_column(obj)
        if old is None:
            defaults = [o for o in self._new.children.get(obj.parent, ()) if o.kind == "default"] if obj.parent else []
            given = any(o.props["column"] == obj.name for o in defaults)
            if not (given or obj.props["identity"] or obj.props["generated"]):
                query = partial(Origin.where, condition="true", as_new=False)
                demand = f"{obj.identity} is added without a default and takes no NULL"
                yield self._demand(origin, "not-empty", "column", obj.identity, demand, query)
        elif not old.props["not_null"]:
            query = partial(Origin.where, condition=f"{quote_ident(old.name)} IS NULL", as_new=False)
            yield self._demand(
                origin,
                "null",
                "column",
                obj.identity,
                f"{obj.identity} takes no NULL",
                query,
                columns=(old.name,),
                values=("NULL",),
            )

    def _is_inherited(self, column: CatalogObject) -> bool:
        """Whether a parent table has the column too, whose probe reads these rows as well."""
        return bool(column.props["inherit_count"]) and not column.props["is_local"]

    # -- unique keys, foreign keys, checks, exclusions ---------------------------------------------------------------------
    def _keys(self, fresh: list[CatalogObject]) -> Iterator[Demand]:
        wanted = {
            o.address.oid: o
            for o in fresh
            if o.kind == "index"
            and o.props["unique"]
            and not o.props["attached_to"]
            and o.address not in self._rows.objects
        }
        for oid, expressions, predicate, nulls_equal, numbers in self._details(_INDEXES, wanted):
            obj = wanted[oid]
            origin = self._origin(obj.parent)
            if origin is None or self._had(obj):
                continue
            try:
                query = partial(
                    Origin.duplicates, expressions=expressions, predicate=predicate, nulls_equal=nulls_equal
                )
                columns = origin.names_of(numbers)
            except Unknown:
                continue
            kind, subject = (
                ("constraint", f"{origin.new.identity}.{quote_ident(obj.props['constraint'])}")
                if obj.props["constraint"]
                else ("index", obj.identity)
            )
            listed = ", ".join(expressions)
            demand = f"{subject} takes each value of {listed} only once"
            yield self._demand(origin, "duplicate", kind, subject, demand, query, columns=columns, copies=True)

    def _constraints(self, fresh: list[CatalogObject]) -> Iterator[Demand]:
        wanted = {}
        for obj in fresh:
            if obj.kind == "constraint" and obj.props["type"] in ("check", "foreign key", "exclude"):
                old = self._rows.objects.get(obj.address)
                was_held = (
                    old is not None and old.props["validated"] and old.props["definition"] == obj.props["definition"]
                )
                inherited = obj.props["has_parent"] or (obj.props["inherit_count"] and not obj.props["is_local"])
                if obj.props["validated"] and not was_held and not inherited and not self._had(obj):
                    wanted[obj.address.oid] = obj
        exclusions = {}
        for oid, other, numbers, others, match, expression, own_only, operators in self._details(_CONSTRAINTS, wanted):
            obj = wanted[oid]
            origin = self._origin(obj.parent)
            if origin is None:
                continue
            try:
                if obj.props["type"] == "check":
                    columns = origin.names_of(numbers)
                    query = partial(Origin.where, condition=f"({expression}) IS FALSE", only=own_only)
                    demand = f"{obj.identity} demands {expression}"
                    yield self._demand(origin, "check", "constraint", obj.identity, demand, query, columns=columns)
                elif obj.props["type"] == "foreign key":
                    parent = self._origin(Address("pg_class", int(other)))
                    if parent is None:
                        continue
                    query = partial(Origin.orphans, numbers=numbers, parent=parent, others=others, full=match == "f")
                    demand = f"{obj.identity} refers to {parent.new.identity}"
                    columns = origin.names_of(numbers)
                    yield self._demand(origin, "orphan", "constraint", obj.identity, demand, query, columns=columns)
                else:
                    exclusions[obj.name, obj.parent] = (obj, operators)
            except Unknown:
                continue
        yield from self._exclusions(exclusions)

    def _exclusions(self, wanted: dict[tuple[str, Any], tuple[CatalogObject, list[str]]]) -> Iterator[Demand]:
        indexes = {}
        for index in self._new.of_kind("index"):
            if (index.props["constraint"], index.parent) in wanted:
                indexes[index.address.oid] = index
        for oid, expressions, predicate, _, numbers in self._details(_INDEXES, indexes):
            index = indexes[oid]
            obj, operators = wanted[index.props["constraint"], index.parent]
            origin = self._origin(obj.parent)
            assert origin is not None
            try:
                query = partial(Origin.overlaps, expressions=expressions, operators=operators, predicate=predicate)
                columns = origin.names_of(numbers)
            except Unknown:
                continue
            demand = f"{obj.identity} lets no two rows exclude each other"
            yield self._demand(
                origin, "overlap", "constraint", obj.identity, demand, query, columns=columns, copies=True
            )

    def _had(self, obj: CatalogObject) -> bool:
        """Whether the rows are held to the very same already, by another name."""
        table = self._new.objects.get(obj.parent) if obj.parent is not None else None
        if table is None:
            return False
        if self._is_retyped(obj, table):
            return False
        wanted = _nameless(obj, table)
        return any(
            _nameless(other, self._rows.objects[table.address]) == wanted
            for other in self._rows.children.get(table.address, ())
            if other.kind == obj.kind and other.props.get("validated", True) and other.props.get("valid", True)
        )

    def _is_retyped(self, obj: CatalogObject, table: CatalogObject) -> bool:
        """Whether a column that it looks at changed its type: other values may be equal, or meet a condition, than before."""
        columns = [c for c in self._new.children.get(table.address, ()) if c.kind == "column"]
        pairs = [(self._rows.objects.get(c.address), c) for c in columns if c.name in obj.props["columns"]]
        return any(old is not None and _kind_of_type(old) != _kind_of_type(new) for old, new in pairs)

    def _bounds(self, fresh: list[CatalogObject]) -> Iterator[Demand]:
        attached = {}
        for obj in fresh:
            old = self._rows.objects.get(obj.address)
            if obj.kind == "table" and obj.props["partition_of"] and old is not None and not old.props["partition_of"]:
                attached[obj.address.oid] = obj
        for oid, expression in self._details(_BOUNDS, attached):
            origin = self._origin(attached[oid].address)
            if origin is None or not expression:
                continue
            query = partial(Origin.where, condition=f"({expression}) IS FALSE")
            demand = f"{origin.new.identity} becomes a partition {origin.new.props['partition_bound']}"
            yield self._demand(origin, "partition", "table", origin.new.identity, demand, query)

    # -- helpers ------------------------------------------------------------------------------------------------------------
    def _details(self, sql: str, wanted: dict[int, CatalogObject]) -> list[tuple[Any, ...]]:
        if not wanted:
            return []
        rows = self._session.fetch(sql % ",".join(str(oid) for oid in sorted(wanted)))
        return sorted(((int(row[0]), *row[1:]) for row in rows), key=lambda row: row[0])

    def _origin(self, table: Address | None) -> Origin | None:
        if table is None:
            return None
        if table not in self._origins:
            self._origins[table] = origin_of(self._rows, self._new, table)
        return self._origins[table]

    def _demand(
        self,
        origin: Origin,
        code: str,
        kind: str,
        subject: str,
        demand: str,
        query: Callable[[Origin], str],
        *,
        columns: tuple[str, ...] = (),
        values: tuple[str, ...] = (),
        copies: bool = False,
        emptied: str = "",
        server: int = 140000,
    ) -> Demand:
        probe = Probe(
            code=code,
            kind=kind,
            subject=subject,
            table=origin.old.identity,
            demand=demand,
            query=query(origin),
            # Where a table has to be empty, no row of it is more in the way than another.
            places=query(origin.by_place()) if self._places and code != "not-empty" else "",
            column=emptied if self._places else "",
            server=server,
        )
        return Demand(
            probe=probe, table=origin.old.address, key=origin.key, columns=columns, values=values, copies=copies
        )


def _kind_of_type(column: CatalogObject) -> str:
    """The type, where types whose values are equal in the same cases are one."""
    name = str(column.props["type"])
    if name in ("smallint", "integer", "bigint"):
        return "integer"
    return "text" if name == "text" or name.startswith("character varying") else name


def _nameless(obj: CatalogObject, table: CatalogObject) -> str:
    """A definition without its own name and its table's."""
    text = str(obj.props["definition"])
    if obj.kind == "index":
        unique = "UNIQUE" if obj.props["unique"] else ""
        return unique + text.partition(" ON ")[2].replace(table.identity, "", 1)
    # What happens when a row goes, and when it is checked, asks nothing of the rows that are there.
    return _ACTIONS.sub("", text) if obj.props["type"] == "foreign key" else text
