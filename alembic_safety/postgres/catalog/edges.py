"""The dependencies of a database between the objects of a snapshot, normalised from pg_depend, worked out when first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cached_property

from alembic_safety.model.catalog import Address, CatalogObject, Edge

#: classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype.
DependRow = tuple[str, int, int, str, int, int, str]
#: catalog, oid → the object that this row belongs to.
AliasRow = tuple[str, int, str, int, int]


class EdgeSet(Set[Edge]):
    """An immutable set of edges between objects of one snapshot.

    The ends are addresses of snapshot objects: a view instead of its rule, a table instead of its row type, an element type instead of
    its array, the extension instead of its members. What depends on (or is) a column gives two edges, with the column and
    with its table. Rows about anything that is no object of the snapshot are left out.
    """

    def __init__(
        self,
        depends: Iterable[DependRow],
        aliases: Iterable[AliasRow],
        objects: Mapping[Address, CatalogObject],
        members: Mapping[Address, Address],
    ) -> None:
        self._depends = depends
        self._aliases = aliases
        self._objects = objects
        self._members = members

    @cached_property
    def _edges(self) -> frozenset[Edge]:
        aliases = {(catalog, oid): Address(c, o, s) for catalog, oid, c, o, s in self._aliases}
        objects, members = self._objects, self._members
        resolved: dict[tuple[str, int, int], tuple[Address, ...]] = {}

        def resolve(catalog: str, oid: int, sub: int) -> tuple[Address, ...]:
            key = (catalog, oid, sub)
            known = resolved.get(key)
            if known is not None:
                return known
            address = Address(catalog, oid, sub)
            found: list[Address] = []
            if sub and address in objects:
                found.append(address)
            whole = Address(catalog, oid)
            for _ in range(4):  # array → row type → relation → composite type is the longest way
                if whole in objects or (whole.catalog, whole.oid) not in aliases:
                    break
                whole = aliases[whole.catalog, whole.oid]
                if whole.sub:
                    if whole in objects:
                        found.append(whole)
                    whole = Address(whole.catalog, whole.oid)
            if whole in members:
                whole = members[whole]
            if whole in objects:
                found.append(whole)
            resolved[key] = tuple(found)
            return resolved[key]

        result = set()
        for classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype in self._depends:
            if deptype == "e":
                continue
            for dependent in resolve(classid, objid, objsubid):
                for referenced in resolve(refclassid, refobjid, refobjsubid):
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
