"""What new tables and views were made from: those whose columns they have.

LIKE and CREATE TABLE AS leave no trace of it in the catalog. Where a database has another such table than the rehearsal, what is
made from it is another one too, and rightly so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from alembic_safety.rehearsal.closure import ABSENT, digest, entries, value_digest, whole_digest

if TYPE_CHECKING:
    from alembic_safety.model.catalog import Address, CatalogObject
    from alembic_safety.model.snapshot import Snapshot

Name = tuple[str, str]
#: By the hash of each table that something is made from, what that was like.
Patterns = Mapping[str, str]
_LIKE = "like:"
_KINDS = ("table", "view", "materialized_view", "foreign_table")
#: What a copy may take along.
_TAKEN_ALONG = frozenset({"constraint", "index", "statistics"})
#: Fewer columns in common than this are chance.
_ENOUGH = 2
_AT_MOST = 3


def with_patterns(closure: Mapping[str, str], before: Snapshot, after: Snapshot) -> dict[str, str]:
    """A closure that tells of each new table and view, and of what came with one, what that was made from, as hashes."""
    found = dict(closure)
    told: dict[Address, str] = {}
    for name, was, is_ in entries(closure):
        new = after.by_identity.get(name) if was == ABSENT and is_ != ABSENT else None
        relation = _relation_of(new, after) if new is not None else None
        if relation is None or relation.address in before.objects:
            continue
        if relation.address not in told:
            sources = _sources(relation, before, after)
            told[relation.address] = ",".join(
                sorted(f"{value_digest(s.identity)}={_shape(s, before)}" for s in sources)
            )
        if told[relation.address]:
            found[" ".join(name)] += f" {_LIKE}{told[relation.address]}"
    return found


def _relation_of(obj: CatalogObject, side: Snapshot) -> CatalogObject | None:
    """The table or view that something is, or hangs on."""
    if obj.kind == "sequence":
        column = side.by_identity.get(("column", str(obj.props["owned_by"])))
        return side.objects.get(column.parent) if column is not None and column.parent is not None else None
    if obj.kind in _KINDS:
        return obj
    return side.objects.get(obj.parent) if obj.parent is not None and obj.kind in _TAKEN_ALONG else None


def patterns_of(closure: Mapping[str, str]) -> dict[Name, Patterns]:
    """By (kind, identity) of what is new what it was made from, or what it hangs on."""
    found: dict[Name, Patterns] = {}
    for key, value in closure.items():
        _, is_known, told = value.partition(f" {_LIKE}")
        if is_known:
            kind, _, identity = key.partition(" ")
            found[kind, identity] = dict(one.split("=", 1) for one in told.split(","))
    return found


def are_others(patterns: Patterns, *sides: Snapshot) -> bool:
    """Whether a table that something is made from was at none of these times what it was in the rehearsal."""
    found: dict[str, bool] = {}
    for side in sides:
        for table in side.of_kind(*_KINDS):
            shape = patterns.get(value_digest(table.identity))
            if shape is not None:
                found[table.identity] = found.get(table.identity, True) and shape != _shape(table, side)
    return any(found.values())


def _sources(new: CatalogObject, before: Snapshot, after: Snapshot) -> list[CatalogObject]:
    """Its parents where it has any; else the tables that it has most columns in common with."""
    above = {new.props.get("partition_of"), *(new.props.get("inherits") or ())} - {None}
    if above:
        return [old for old in before.of_kind(*_KINDS) if old.identity in above]
    has = dict(_columns(new, after))
    found = []
    for old in before.of_kind(*_KINDS):
        common = _in_common(has, old, before)
        if common >= _ENOUGH:
            found.append((-common, old.identity, old))
    return [old for *_, old in sorted(found, key=lambda one: one[:2])[:_AT_MOST]]


def _in_common(has: Mapping[str, object], old: CatalogObject, before: Snapshot) -> int:
    """How many columns the one has of the other, where it has all of them; else 0."""
    columns = list(_columns(old, before))
    if len(columns) <= len(has):
        return len(columns) if all(has.get(name) == type_ for name, type_ in columns) else 0
    known = dict(columns)
    return len(has) if all(known.get(name) == type_ for name, type_ in has.items()) else 0


def _columns(relation: CatalogObject, side: Snapshot) -> Iterator[tuple[str, object]]:
    for child in side.children.get(relation.address, ()):
        if child.kind == "column":
            yield child.name, child.props["type"]


def _shape(relation: CatalogObject, side: Snapshot) -> str:
    children = side.children.get(relation.address, ())
    hanging = sorted(f"{child.name} {digest(child)}" for child in children if child.kind in _TAKEN_ALONG)
    return value_digest([whole_digest(relation, side), *hanging])
