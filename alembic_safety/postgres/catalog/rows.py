"""Rows of a catalog query → catalog objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from alembic_safety.model.catalog import Address, CatalogObject, catalog_object
from alembic_safety.model.kinds import KINDS
from alembic_safety.postgres.catalog.queries import FACTS, Query

#: Catalog of the parent, for the kinds whose objects live inside another.
PARENTS: Mapping[str, str] = {
    "column": "pg_class",
    "attribute": "pg_type",
    "default": "pg_class",
    "constraint": "pg_class",
    "index": "pg_class",
    "domain_constraint": "pg_type",
    "rule": "pg_class",
    "trigger": "pg_class",
    "policy": "pg_class",
    "statistics": "pg_class",
    "publication_table": "pg_publication",
    "publication_schema": "pg_publication",
}
#: Kinds whose query gives their own quoted name, to be prefixed with the parent's identity.
RELATIVE = frozenset(PARENTS) - {"index", "statistics"}
#: Properties that are derived from other rows after reading (see ``finish.py``).
DERIVED: Mapping[str, tuple[str, ...]] = {
    "table": ("columns_order",),
    "foreign_table": ("columns_order",),
    "view": ("columns",),
    "materialized_view": ("columns",),
    "composite": ("attributes_order",),
}

#: Kinds of which many are alike: they share their properties, of which none is given as JSON and none is filled in later.
_ALIKE = frozenset({"column"})
#: Makes a named tuple at a third of the price.
_tuple: Any = tuple.__new__

Comments = Mapping[Address, str]
Labels = Mapping[Address, tuple[tuple[str, str], ...]]


def property_of(column: str) -> str:
    """The property that an output column holds."""
    return column.removeprefix("prop_").removesuffix("_json")


def check_columns(kind: str, columns: Sequence[str]) -> None:
    """Raise AssertionError unless a query gives exactly the properties that ``KINDS`` lists for its kind, after the facts."""
    found = {property_of(c) for c in columns if c not in FACTS} | set(DERIVED.get(kind, ()))
    wanted = set(KINDS[kind].props)
    if found != wanted:
        raise AssertionError(f"{kind}.sql: missing {sorted(wanted - found)}, not in KINDS {sorted(found - wanted)}")
    if any(c in FACTS for c in columns[len(columns) - sum(c not in FACTS for c in columns) :]):
        raise AssertionError(f"{kind}.sql: properties come after the facts")


def explicit_acl(acl: Sequence[str] | None, default: Sequence[str] | None) -> tuple[str, ...] | None:
    """The grants, or None where they are what PostgreSQL would give anyway (in whatever order)."""
    if acl is None or (default is not None and sorted(acl) == sorted(default)):
        return None
    return tuple(acl)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a query's columns hold what."""

    keys: tuple[str, ...]
    #: The place of the first property: all come after the facts.
    first: int
    #: Properties that are given as JSON text.
    parsed: tuple[str, ...]
    #: Places of the facts, by name.
    at: Mapping[str, int]


@cache
def _layout(query: Query) -> _Layout:
    check_columns(query.name, query.columns)
    keys = tuple(property_of(c) for c in query.columns if c not in FACTS)
    parsed = tuple(property_of(c) for c in query.columns if c.endswith("_json"))
    return _Layout(keys, len(query.columns) - len(keys), parsed, {name: i for i, name in enumerate(query.columns)})


def build(
    query: Query,
    rows: Iterable[tuple[Any, ...]],
    objects: Mapping[Address, CatalogObject],
    comments: Comments,
    labels: Labels,
) -> list[CatalogObject]:
    """Objects of one kind; those whose parent is not in ``objects`` (temporary, of an extension, of the system) are left out."""
    kind = query.name
    layout = _layout(query)
    keys, first, parsed, at = layout.keys, layout.first, layout.parsed, layout.at
    catalog = KINDS[kind].catalog
    parent_catalog = PARENTS.get(kind)
    relative = kind in RELATIVE
    i_sub, i_schema, i_parent, i_owner, i_acl = (at.get(n) for n in ("sub", "schema", "parent", "owner", "acl"))
    i_labels = at.get("label_oids")
    i_oid, i_identity, i_name = at["oid"], at["identity"], at["name"]
    result = []
    # Thousands of rows go through here: rows of one parent come one after another, many columns are alike, and most databases have no labels.
    alike: dict[tuple[Any, ...], dict[str, Any]] | None = {} if kind in _ALIKE else None
    parent: Address | None = None
    above: CatalogObject | None = None
    for row in rows:
        identity: str = row[i_identity]
        schema: str | None = row[i_schema] if i_schema is not None else None
        if parent_catalog is not None and i_parent is not None:
            if parent is None or parent.oid != row[i_parent]:
                parent = Address(parent_catalog, row[i_parent])
                above = objects.get(parent)
            if above is None:
                continue
            if relative:
                identity = f"{above.identity}.{identity}"
                schema = above.schema
        address: Address = _tuple(Address, (catalog, row[i_oid], row[i_sub] if i_sub is not None else 0))
        values = row[first:]
        try:
            props = alike[values] if alike is not None else dict(zip(keys, values, strict=False))
        except (KeyError, TypeError) as error:
            props = dict(zip(keys, values, strict=False))
            if alike is not None and isinstance(error, KeyError):  # else there are lists in it
                alike[values] = props
        for key in parsed:
            if props[key] is not None:
                props[key] = json.loads(props[key])
        result.append(
            catalog_object(
                kind,
                address,
                identity,
                row[i_name],
                schema,
                parent,
                props,
                row[i_owner] if i_owner is not None else None,
                explicit_acl(row[i_acl], row[i_acl + 1]) if i_acl is not None and row[i_acl] is not None else None,
                comments.get(address) if comments else None,
                labels.get(address, ()) if labels else (),
                tuple(row[i_labels]) if i_labels is not None else (),
            )
        )
    return result
