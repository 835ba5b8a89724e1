"""The dependencies of a database between the objects of a snapshot, normalised from pg_depend, worked out when first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property

from alembic_safety.model.catalog import Address, CatalogObject, Edge


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
        aliases: dict[tuple[str, int], Address] = {}
        for line in self._aliases.splitlines():
            catalog, oid, of_catalog, of_oid, of_sub = line.split(" ")
            aliases[catalog, int(oid)] = Address(of_catalog, int(of_oid), int(of_sub))
        objects, members = self._objects, self._members
        classes = {str(oid): name for oid, name in self._classes.items()}
        resolved: dict[tuple[str, str, str], tuple[Address, ...]] = {}

        def resolve(key: tuple[str, str, str]) -> tuple[Address, ...]:
            address = Address(classes.get(key[0], ""), int(key[1]), int(key[2]))
            found: list[Address] = []
            if address.sub and address in objects:
                found.append(address)
            whole = Address(address.catalog, address.oid)
            for _ in range(4):  # array → row type → relation → composite type is the longest way
                if whole in objects or (whole.catalog, whole.oid) not in aliases:
                    break
                whole = aliases[whole.catalog, whole.oid]
                if whole.sub:
                    if whole in objects:
                        found.append(whole)
                    whole = Address(whole.catalog, whole.oid)
            whole = members.get(whole, whole)
            if whole in objects:
                found.append(whole)
            resolved[key] = tuple(found)
            return resolved[key]

        result = set()
        for line in self._depends.splitlines():
            classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype = line.split(" ")
            own = (classid, objid, objsubid)
            other = (refclassid, refobjid, refobjsubid)
            for dependent in resolved[own] if own in resolved else resolve(own):
                for referenced in resolved[other] if other in resolved else resolve(other):
                    # An object does not need itself, nor a table its own columns; a generated column needs other columns.
                    same = dependent[:2] == referenced[:2]
                    if not same or (dependent.sub and referenced.sub and dependent.sub != referenced.sub):
                        result.add(Edge(dependent, referenced, deptype))
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
