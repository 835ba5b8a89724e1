"""Properties that are derived from the rows of several kinds: column order and names instead of attribute numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alembic_safety.model.catalog import Address, CatalogObject, set_position

_DESCRIBED = frozenset({"table", "foreign_table", "view", "materialized_view", "composite"})


def finish(
    objects: dict[Address, CatalogObject],
    relations: Iterable[Address] | None = None,
    units: Mapping[Address, Iterable[Address]] | None = None,
) -> None:
    """Fill in column positions, the column lists of relations, and the column names of constraints and indexes, in place.

    ``relations`` limits the work to these, with what hangs on each given by ``units`` (None: all).
    """
    wanted = None if relations is None else set(relations)
    columns: dict[Address, list[CatalogObject]] = {}
    keyed: list[CatalogObject] = []
    if wanted is None or units is None:
        candidates: Iterable[CatalogObject] = objects.values()
    else:
        candidates = [objects[address] for unit in wanted for address in units.get(unit, ())]
    for obj in candidates:
        if obj.parent is None:
            continue
        if obj.kind in ("column", "attribute"):
            columns.setdefault(obj.parent, []).append(obj)
        elif obj.kind in ("constraint", "index"):
            keyed.append(obj)
    for parent, members in columns.items():
        members.sort(key=lambda column: column.address.sub)
        for position, column in enumerate(members, 1):
            set_position(column, position)
        _describe(objects[parent], members)
    for relation in objects.values() if wanted is None else [objects[each] for each in wanted if each in objects]:
        if relation.kind in _DESCRIBED and relation.address not in columns:
            _describe(relation, [])  # a table without columns
    named: dict[Address, dict[int, str]] = {}
    for constraint in keyed:
        relation_address = constraint.parent or constraint.address
        names = named.get(relation_address)
        if names is None:
            names = {column.address.sub: column.name for column in columns.get(relation_address, ())}
            named[relation_address] = names
        numbers = constraint.props["columns"]
        props = constraint.props
        assert isinstance(props, dict)  # made a moment ago, as below
        if constraint.kind == "index":
            props["columns"] = [names.get(number, "expr") for number in numbers]
        else:
            props["columns"] = [names[number] for number in numbers if number in names]


def _describe(relation: CatalogObject, columns: list[CatalogObject]) -> None:
    # The objects were made for this snapshot a moment ago and nobody else has seen them: filling in their dict is safe.
    props = relation.props
    assert isinstance(props, dict)
    if relation.kind in ("table", "foreign_table"):
        props["columns_order"] = [column.name for column in columns]
    elif relation.kind in ("view", "materialized_view"):
        props["columns"] = [[column.name, column.props["type"]] for column in columns]
    elif relation.kind == "composite":
        props["attributes_order"] = [column.name for column in columns]
