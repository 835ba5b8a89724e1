"""What tables, columns, constraints and indexes need to know of each other."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_safety.downgrade.kinds.base import Context
from alembic_safety.model.catalog import CatalogObject
from alembic_safety.model.snapshot import Snapshot


def side_of(obj: CatalogObject, ctx: Context) -> Snapshot:
    """The snapshot that an object belongs to."""
    return ctx.before if ctx.before.objects.get(obj.address) is obj else ctx.now


def above(table: CatalogObject, side: Snapshot) -> list[CatalogObject]:
    """The tables that a table is a partition of or inherits from."""
    props = table.props
    names = [props.get("partition_of"), *(props.get("inherits") or ())]
    found = (side.by_identity.get((kind, name)) for name in names if name for kind in ("table", "foreign_table"))
    return [obj for obj in found if obj is not None]


def same_above(obj: CatalogObject, side: Snapshot) -> Iterator[CatalogObject]:
    """Objects of the same kind and name on the tables above an object's table (an inherited column's origin)."""
    table = side.objects.get(obj.parent) if obj.parent is not None else None
    for one in above(table, side) if table is not None else ():
        for child in side.children.get(one.address, ()):
            if child.kind == obj.kind and child.name == obj.name:
                yield child


def linked_above(obj: CatalogObject, side: Snapshot) -> CatalogObject | None:
    """The constraint or index of the table above that this one was cloned from or attached to."""
    for address in sorted(side.needs.get(obj.address, ())):
        other = side.objects.get(address)
        if other is None or other.kind != obj.kind:
            continue
        if other.parent == obj.parent:  # a foreign key to a partitioned table has a copy for each of its partitions
            if obj.props.get("has_parent") and obj.props.get("type") == "foreign key":
                return other
        else:
            table = side.objects.get(obj.parent) if obj.parent is not None else None
            if table is not None and any(one.address == other.parent for one in above(table, side)):
                return other
    return next(same_above(obj, side), None)


def columns(table: CatalogObject, side: Snapshot) -> list[CatalogObject]:
    """Columns in physical order."""
    found = [child for child in side.children.get(table.address, ()) if child.kind == "column"]
    return sorted(found, key=lambda column: column.position)


def column_named(table: CatalogObject, name: str, side: Snapshot) -> CatalogObject | None:
    """A column by its raw name."""
    for child in side.children.get(table.address, ()):
        if child.kind == "column" and child.name == name:
            return child
    return None


def identity_sequence(column: CatalogObject, side: Snapshot) -> CatalogObject | None:
    """The sequence of an identity column."""
    for address in sorted(side.needed_by.get(column.address, ())):
        obj = side.objects.get(address)
        if obj is not None and obj.kind == "sequence" and obj.props["identity"]:
            return obj
    return None


def partner(obj: CatalogObject, ctx: Context) -> CatalogObject | None:
    """The same object in the other snapshot."""
    if ctx.before.objects.get(obj.address) is obj:
        address = ctx.present.get(obj.address)
        return ctx.now.objects[address] if address is not None else None
    address = ctx.wanted.get(obj.address)
    return ctx.before.objects[address] if address is not None else None


def hangs_differently(table: CatalogObject, ctx: Context) -> bool:
    """Whether this plan attaches or detaches a table: then what it inherits changes by itself."""
    other = partner(table, ctx)
    if other is None:
        return True
    return any(table.props.get(k) != other.props.get(k) for k in ("partition_of", "partition_bound", "inherits"))


def follows(now: CatalogObject, want: CatalogObject, key: str, ctx: Context) -> bool:
    """Whether a fact of an inherited column changes along with the column that it was inherited from."""
    if not now.props.get("inherit_count") or not want.props.get("inherit_count"):
        return False
    return any(
        origin.props.get(key) != other.props.get(key) and other.props.get(key) == want.props.get(key)
        for origin in same_above(now, ctx.now)
        for other in [partner(origin, ctx)]
        if other is not None
    )


def alter_words(table: CatalogObject, *, only: bool = False) -> str:
    """``ALTER TABLE public.t``, with the keyword of the relation's kind."""
    words = {"foreign_table": "FOREIGN TABLE", "view": "VIEW", "materialized_view": "MATERIALIZED VIEW"}
    keyword = words.get(table.kind, "TABLE")
    return f"ALTER {keyword} {'ONLY ' if only and table.kind in ('table', 'foreign_table') else ''}{table.identity}"


def has_heirs(table: CatalogObject, side: Snapshot) -> bool:
    """Whether other tables inherit from a table or are its partitions."""
    for address in side.needed_by.get(table.address, ()):
        obj = side.objects.get(address)
        if obj is not None and obj.kind in ("table", "foreign_table") and table in above(obj, side):
            return True
    return False


def is_inherited(obj: CatalogObject) -> bool:
    """Whether a column or constraint exists only because the table above has it."""
    return bool(obj.props.get("inherit_count")) and not obj.props.get("is_local")


def standalone(table: CatalogObject, ctx: Context) -> bool:
    """Whether a partition is created as a table of its own and attached afterwards, to keep names that would differ."""
    if not table.props.get("partition_of"):
        return False
    if ctx.level(table) >= 1 or table.address in ctx.aside:
        return True
    parents = above(table, ctx.before)
    order = table.props.get("columns_order")
    return not parents or parents[0].props.get("columns_order") != order
