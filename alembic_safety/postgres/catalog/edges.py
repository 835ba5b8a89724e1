"""The dependencies of a database between the objects of a snapshot, normalised from pg_depend, worked out when first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Any

from alembic_safety.model.catalog import Address, CatalogObject, Edge

_tuple: Any = tuple.__new__


class EdgeSet(AbstractSet[Edge]):
    """An immutable set of edges between objects of one snapshot.

    The ends are addresses of snapshot objects: a view instead of its rule, a table instead of its row type, an element type instead of
    its array, the extension instead of its members. What depends on (or is) a column gives two edges, with the column and
    with its table. Rows about anything that is no object of the snapshot are left out.
    """

    def __init__(
        self,
        depends: str,
        aliases: str,
        classes: Mapping[int, str],
        objects: Mapping[Address, CatalogObject],
        members: Mapping[Address, Address],
    ) -> None:
        """``depends`` and ``aliases`` are the texts of ``edges.sql`` and ``aliases.sql``; ``classes`` names pg_depend's catalogs."""
        self._depends = depends
        self._aliases = aliases
        self._classes = classes
        self._objects = objects
        self._members = members

    @cached_property
    def _edges(self) -> frozenset[Edge]:
        # Tens of thousands of ends: a plain tuple finds what a named one does, and is made in a third of the time.
        aliases: dict[tuple[str, int], tuple[str, int, int]] = {}
        for line in self._aliases.splitlines():
            catalog, oid, of_catalog, of_oid, of_sub = line.split(" ")
            aliases[catalog, int(oid)] = (of_catalog, int(of_oid), int(of_sub))
        objects: Mapping[Any, CatalogObject] = self._objects
        members: Mapping[Any, Address] = self._members
        classes = {str(oid): name for oid, name in self._classes.items()}
        resolved: dict[tuple[str, str, str], tuple[Address, ...]] = {}

        def resolve(key: tuple[str, str, str]) -> tuple[Address, ...]:
            catalog, oid, sub = classes.get(key[0], ""), int(key[1]), int(key[2])
            found: list[Address] = []
            if sub and (catalog, oid, sub) in objects:
                found.append(_tuple(Address, (catalog, oid, sub)))
            for _ in range(4):  # array → row type → relation → composite type is the longest way
                if (catalog, oid, 0) in objects or (catalog, oid) not in aliases:
                    break
                catalog, oid, sub = aliases[catalog, oid]
                if sub and (catalog, oid, sub) in objects:
                    found.append(_tuple(Address, (catalog, oid, sub)))
            whole: tuple[str, int, int] = members.get((catalog, oid, 0), (catalog, oid, 0))
            if whole in objects:
                found.append(_tuple(Address, whole))
            resolved[key] = tuple(found)
            return resolved[key]

        result: set[Edge] = set()
        for line in self._depends.splitlines():
            classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype = line.split(" ")
            own = (classid, objid, objsubid)
            other = (refclassid, refobjid, refobjsubid)
            for dependent in resolved[own] if own in resolved else resolve(own):
                for referenced in resolved[other] if other in resolved else resolve(other):
                    # An object does not need itself, nor a table its own columns; a generated column needs other columns.
                    same = dependent[:2] == referenced[:2]
                    if not same or (dependent.sub and referenced.sub and dependent.sub != referenced.sub):
                        result.add(_tuple(Edge, (dependent, referenced, deptype)))
        return frozenset(result)

    def __contains__(self, edge: object) -> bool:
        return edge in self._edges

    def __iter__(self) -> Iterator[Edge]:
        return iter(self._edges)

    def __len__(self) -> int:
        return len(self._edges)

    def __hash__(self) -> int:
        return hash(self._edges)

    @classmethod
    def _from_iterable(cls, it: Iterable[Edge]) -> frozenset[Edge]:  # type: ignore[override]
        return frozenset(it)
