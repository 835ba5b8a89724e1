"""Rows of a catalog query → catalog objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from alembic_safety.model.catalog import Address, CatalogObject
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

Comments = Mapping[Address, str]
Labels = Mapping[Address, tuple[tuple[str, str], ...]]


def property_of(column: str) -> str:
    """The property that an output column holds."""
    return column.removeprefix("prop_").removesuffix("_json")


def check_columns(kind: str, columns: Sequence[str]) -> None:
    """Raise AssertionError unless a query gives exactly the properties that ``KINDS`` lists for its kind."""
    found = {property_of(c) for c in columns if c not in FACTS} | set(DERIVED.get(kind, ()))
    wanted = set(KINDS[kind].props)
    if found != wanted:
        raise AssertionError(f"{kind}.sql: missing {sorted(wanted - found)}, not in KINDS {sorted(found - wanted)}")


def explicit_acl(acl: Sequence[str] | None, default: Sequence[str] | None) -> tuple[str, ...] | None:
    """The grants, or None where they are what PostgreSQL would give anyway (in whatever order)."""
    if acl is None or (default is not None and sorted(acl) == sorted(default)):
        return None
    return tuple(acl)


def build(
    query: Query,
    rows: Iterable[tuple[Any, ...]],
    objects: Mapping[Address, CatalogObject],
    comments: Comments,
    labels: Labels,
) -> list[CatalogObject]:
    """Objects of one kind; those whose parent is not in ``objects`` (temporary, of an extension, of the system) are left out."""
    kind = query.name
    columns = query.columns
    check_columns(kind, columns)
    catalog = KINDS[kind].catalog
    parent_catalog = PARENTS.get(kind)
    relative = kind in RELATIVE
    at = {name: index for index, name in enumerate(columns)}
    keys = tuple(property_of(c) for c in columns if c not in FACTS)
    places = [i for i, c in enumerate(columns) if c not in FACTS]
    pick: Callable[[tuple[Any, ...]], Any] = (
        itemgetter(*places) if len(places) > 1 else lambda row: [row[i] for i in places]
    )
    parsed = [property_of(c) for c in columns if c.endswith("_json")]
    i_sub, i_schema, i_parent, i_owner, i_acl = (at.get(n) for n in ("sub", "schema", "parent", "owner", "acl"))
    i_oid, i_identity, i_name = at["oid"], at["identity"], at["name"]
    result = []
    for row in rows:
        identity: str = row[i_identity]
        schema: str | None = row[i_schema] if i_schema is not None else None
        parent: Address | None = None
        if parent_catalog is not None and i_parent is not None:
            parent = Address(parent_catalog, row[i_parent])
            above = objects.get(parent)
            if above is None:
                continue
            if relative:
                identity = f"{above.identity}.{identity}"
                schema = above.schema
        address = Address(catalog, row[i_oid], row[i_sub] if i_sub is not None else 0)
        props = dict(zip(keys, pick(row), strict=True))
        for key in parsed:
            if props[key] is not None:
                props[key] = json.loads(props[key])
        result.append(
            CatalogObject(
                kind=kind,
                address=address,
                identity=identity,
                name=row[i_name],
                schema=schema,
                parent=parent,
                props=props,
                owner=row[i_owner] if i_owner is not None else None,
                acl=explicit_acl(row[i_acl], row[i_acl + 1]) if i_acl is not None and row[i_acl] is not None else None,
                comment=comments.get(address),
                labels=labels.get(address, ()),
            )
        )
    return result
