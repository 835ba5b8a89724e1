"""What the catalog says that a row must look like."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic_safety.postgres.session import Session

_FOREIGN_KEYS = """
SELECT conrelid::pg_catalog.int8, confrelid::pg_catalog.int8, conkey::pg_catalog.int4[], confkey::pg_catalog.int4[],
  confmatchtype = 'f'
FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conparentid = 0 ORDER BY pg_catalog.cardinality(conkey) DESC, oid
"""
_FOLLOWERS = """
SELECT DISTINCT conrelid::pg_catalog.int8 FROM pg_catalog.pg_constraint
WHERE contype = 'f' AND confrelid = ANY ('{%s}') AND (confdeltype IN ('c', 'n', 'd') OR confupdtype IN ('c', 'n', 'd'))
"""
_ROOTS = """
SELECT c.oid::pg_catalog.int8, coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)::pg_catalog.int8
FROM pg_catalog.pg_class c WHERE c.oid = ANY ('{%s}') AND c.relkind IN ('r', 'p')
"""
_TABLES = """
SELECT c.oid::pg_catalog.int8, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
  ARRAY(SELECT pg_catalog.pg_get_expr(l.relpartbound, l.oid) FROM pg_catalog.pg_partition_tree(c.oid) p
    JOIN pg_catalog.pg_class l ON l.oid = p.relid WHERE p.level > 0 ORDER BY l.oid),
  coalesce(ARRAY(SELECT k FROM pg_catalog.pg_partitioned_table p, pg_catalog.unnest(p.partattrs::pg_catalog.int4[]) AS k
    WHERE p.partrelid = c.oid), '{}'),
  EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid) UNION SELECT c.oid)
    AND NOT t.tgisinternal) OR EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ('{%s}')
"""
_COLUMNS = """
SELECT a.attrelid::pg_catalog.int8, a.attnum::pg_catalog.int4, a.attname::pg_catalog.text,
  pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid::pg_catalog.int8, a.atttypmod, a.attnotnull,
  a.attidentity <> '', a.attgenerated <> '', coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_catalog.pg_attribute a
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY ('{%s}') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum
"""
_CHECKS = """
SELECT conrelid::pg_catalog.int8, coalesce(conkey, '{}')::pg_catalog.int4[], pg_catalog.pg_get_expr(conbin, conrelid)
FROM pg_catalog.pg_constraint WHERE contype = 'c' AND conrelid = ANY ('{%s}') ORDER BY oid
"""
_UNIQUES = """
SELECT i.indrelid::pg_catalog.int8, i.indkey::pg_catalog.int4[], coalesce(pg_catalog.pg_get_expr(i.indexprs, i.indrelid), '')
FROM pg_catalog.pg_index i WHERE (i.indisunique OR i.indisexclusion) AND i.indrelid = ANY ('{%s}') ORDER BY i.indexrelid
"""
_TYPES = """
SELECT t.oid::pg_catalog.int8, t.typname::pg_catalog.text, t.typtype::pg_catalog.text, t.typbasetype::pg_catalog.int8,
  t.typtypmod, t.typnotnull, CASE WHEN t.typcategory = 'A' THEN t.typelem::pg_catalog.int8 ELSE 0 END,
  coalesce(r.rngsubtype, 0)::pg_catalog.int8,
  ARRAY(SELECT enumlabel::pg_catalog.text FROM pg_catalog.pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder),
  ARRAY(SELECT atttypid::pg_catalog.int8 FROM pg_catalog.pg_attribute
    WHERE attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped ORDER BY attnum),
  ARRAY(SELECT pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint WHERE contypid = t.oid ORDER BY oid)
FROM pg_catalog.pg_type t
LEFT JOIN pg_catalog.pg_range r ON t.typtype IN ('r', 'm') AND t.oid IN (r.rngtypid, r.rngmultitypid)
WHERE t.oid = ANY ('{%s}')
"""


@dataclass(frozen=True, kw_only=True)
class Type:
    """A type and what it is made of, other types by OID."""

    oid: int
    name: str
    #: pg_type.typtype: b, c, d, e, r, m
    form: str
    base: int = 0
    modifier: int = -1
    not_null: bool = False
    element: int = 0
    subtype: int = 0
    labels: tuple[str, ...] = ()
    attributes: tuple[int, ...] = ()
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column that a row must give a value to."""

    number: int
    name: str
    #: As SQL writes it, with its modifier.
    type: str
    type_oid: int
    modifier: int
    not_null: bool
    identity: bool
    generated: bool
    default: str


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """Columns that take their values from another table's (or from the same)."""

    parent: int
    columns: tuple[int, ...]
    references: tuple[int, ...]
    #: MATCH FULL: all columns hold NULL, or none.
    full: bool = False


@dataclass(kw_only=True)
class Shape:
    """A table as seen by who writes rows to it."""

    oid: int
    name: str
    columns: list[Column] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    #: Column numbers (none for expressions) and the text of expressions.
    uniques: list[tuple[tuple[int, ...], str]] = field(default_factory=list)
    #: Column numbers and the expression.
    checks: list[tuple[tuple[int, ...], str]] = field(default_factory=list)
    #: Bounds of all partitions, as SQL writes them.
    bounds: tuple[str, ...] = ()
    partition_key: tuple[int, ...] = ()
    #: Whether somebody's triggers or rules see its rows come.
    watched: bool = False

    def column(self, number: int) -> Column:
        """A column by its number."""
        return next(column for column in self.columns if column.number == number)


def read_shapes(session: Session, tables: Iterable[int]) -> tuple[dict[int, Shape], dict[int, Type]]:
    """The tables, those that they refer to directly or not (partitions as their root), and the types of their columns."""
    foreign = [
        (int(child), ForeignKey(parent=int(parent), columns=_ints(own), references=_ints(other), full=full))
        for child, parent, own, other, full in session.fetch(_FOREIGN_KEYS)
    ]
    wanted = _closure(session, set(tables), foreign)
    shapes = {
        int(oid): Shape(
            oid=int(oid), name=name, bounds=tuple(b for b in bounds if b), partition_key=_ints(key), watched=watched
        )
        for oid, name, bounds, key, watched in session.fetch(_TABLES % _list(wanted))
    }
    for child, key in foreign:
        if child in shapes and key.parent in shapes:
            shapes[child].foreign_keys.append(key)
    types = set()
    for oid, number, name, written, type_oid, modifier, not_null, identity, generated, default in session.fetch(
        _COLUMNS % _list(shapes)
    ):
        types.add(int(type_oid))
        shapes[int(oid)].columns.append(
            Column(
                number=int(number),
                name=name,
                type=written,
                type_oid=int(type_oid),
                modifier=int(modifier),
                not_null=not_null,
                identity=identity,
                generated=generated,
                default=default,
            )
        )
    for oid, key, text in session.fetch(_CHECKS % _list(shapes)):
        shapes[int(oid)].checks.append((_ints(key), text))
    for oid, key, text in session.fetch(_UNIQUES % _list(shapes)):
        shapes[int(oid)].uniques.append((tuple(k for k in _ints(key) if k > 0), text))
    return shapes, _types(session, types)


def followers(session: Session, tables: Iterable[int]) -> set[int]:
    """Tables whose rows go or change along with rows of these, by foreign keys that say so."""
    found = set(tables)
    while True:
        rows = session.fetch(_FOLLOWERS % _list(found))
        fresh = {int(oid) for (oid,) in rows} - found
        if not fresh:
            return found
        found |= fresh


def _closure(session: Session, tables: set[int], foreign: list[tuple[int, ForeignKey]]) -> set[int]:
    wanted: set[int] = set()
    open_ = tables
    while open_:
        roots = {int(root) for _, root in session.fetch(_ROOTS % _list(open_))}
        wanted |= roots
        open_ = {key.parent for child, key in foreign if child in roots} - wanted
    return wanted


def _types(session: Session, oids: set[int]) -> dict[int, Type]:
    """The types and all that they are made of."""
    result: dict[int, Type] = {}
    while oids:
        fresh = [_type(row) for row in session.fetch(_TYPES % _list(oids))]
        result.update((kind.oid, kind) for kind in fresh)
        parts = {part for kind in fresh for part in (kind.base, kind.element, kind.subtype, *kind.attributes)}
        oids = parts - set(result) - oids - {0}
    return result


def _type(row: tuple[Any, ...]) -> Type:
    oid, name, form, base, modifier, not_null, element, subtype, labels, attributes, checks = row
    return Type(
        oid=int(oid),
        name=name,
        form=form,
        base=int(base),
        modifier=int(modifier),
        not_null=not_null,
        element=int(element),
        subtype=int(subtype),
        labels=tuple(labels),
        attributes=_ints(attributes),
        checks=tuple(checks),
    )


def _ints(values: Any) -> tuple[int, ...]:
    return tuple(int(value) for value in values or ())


def _list(oids: Iterable[int]) -> str:
    return ",".join(str(oid) for oid in sorted(oids))
