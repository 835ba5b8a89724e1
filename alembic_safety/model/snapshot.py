"""A snapshot of the catalog: all objects by address, and the edges between them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from alembic_safety.model.catalog import Address, CatalogObject, Edge

_T = TypeVar("_T")
#: Facts of physical order, which no ALTER can restore: a tier of their own.
PHYSICAL = frozenset({"columns_order"})


class Token:
    """Stands for the objects of one snapshot; each is equal to itself only."""

    def __init__(self, objects: int) -> None:
        """``objects`` is the ``id()`` of their mapping."""
        self.objects = objects


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Everything ``pg_dump --schema-only`` would show, read at one moment in one database."""

    #: Server version as ``server_version_num`` (150018 is 15.18).
    server_version: int
    objects: Mapping[Address, CatalogObject]
    #: What needs what; a catalog reader's set works them out when it is first asked.
    edges: AbstractSet[Edge] = frozenset()
    #: User objects of kinds that are not modelled, as (kind, identity): reported, never skipped in silence.
    unmodelled: tuple[tuple[str, str], ...] = ()
    #: Addresses that belong to an extension (never objects of their own), mapped to the extension's name.
    extension_members: Mapping[Address, str] = field(default_factory=dict)
    #: Stands for this snapshot and keeps nothing of it alive; a new one is made for other objects.
    token: Token | None = field(default=None, compare=False, repr=False)
    #: Token of the snapshot that this one was made from (None: from none), and the only addresses where it may hold another object.
    root: Token | None = field(default=None, compare=False, repr=False)
    changed: frozenset[Address] = field(default=frozenset(), compare=False, repr=False)
    #: The same of the snapshot just before this one.
    previous: Token | None = field(default=None, compare=False, repr=False)
    fresh: frozenset[Address] = field(default=frozenset(), compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.token is None or self.token.objects != id(self.objects):
            # Frozen for all others; where objects were replaced, nothing is known of what they share.
            object.__setattr__(self, "token", Token(id(self.objects)))
            object.__setattr__(self, "root", None)
            object.__setattr__(self, "previous", None)

    @cached_property
    def by_identity(self) -> dict[tuple[str, str], CatalogObject]:
        """Objects by (kind, identity): the key that survives a drop and re-create."""
        return {(o.kind, o.identity): o for o in self.objects.values()}

    @cached_property
    def children(self) -> dict[Address, list[CatalogObject]]:
        """Objects by parent, in address order (columns in attnum order)."""
        result: dict[Address, list[CatalogObject]] = {}
        for address in sorted(a for a, o in self.objects.items() if o.parent is not None):
            parent = self.objects[address].parent
            if parent is not None:
                result.setdefault(parent, []).append(self.objects[address])
        return result

    @cached_property
    def extensions(self) -> tuple[CatalogObject, ...]:
        """The extensions that are installed."""
        return tuple(obj for obj in self.objects.values() if obj.kind == "extension")

    @cached_property
    def needs(self) -> dict[Address, set[Address]]:
        """What each object depends on."""
        result: dict[Address, set[Address]] = {}
        for edge in self.edges:
            result.setdefault(edge.dependent, set()).add(edge.referenced)
        return result

    @cached_property
    def needed_by(self) -> dict[Address, set[Address]]:
        """What depends on each object."""
        result: dict[Address, set[Address]] = {}
        for edge in self.edges:
            result.setdefault(edge.referenced, set()).add(edge.dependent)
        return result

    def of_kind(self, *kinds: str) -> list[CatalogObject]:
        """All objects of these kinds, by address."""
        found = [obj for kind in kinds for obj in self._by_kind.get(kind, ())]
        return found if len(kinds) == 1 else sorted(found, key=lambda obj: obj.address)

    def apart_from(self, other: Snapshot) -> AbstractSet[Address]:
        """Addresses where the two may not hold the very same object: all others they share."""
        if self.previous is other.token:
            return self.fresh
        if other.previous is self.token:
            return other.fresh
        if (self.token if self.root is None else self.root) is (other.token if other.root is None else other.root):
            return self.changed | other.changed
        if other.root is self.token:
            return other.changed
        if self.root is other.token:
            return self.changed
        return self.objects.keys() | other.objects.keys()

    @cached_property
    def _by_kind(self) -> dict[str, list[CatalogObject]]:
        result: dict[str, list[CatalogObject]] = {}
        for address in sorted(self.objects):
            result.setdefault(self.objects[address].kind, []).append(self.objects[address])
        return result

    @cached_property
    def structure_fingerprint(self) -> str:
        """Hash of all structure: independent of OIDs, owners, privileges and physical column order."""
        return _digest(_lines(o)[0] for o in self.by_identity.values())

    @cached_property
    def privileges_fingerprint(self) -> str:
        """Hash of all owners and grants."""
        return _digest(_lines(o)[1] for o in self.by_identity.values())

    def once(self, make: Callable[[Snapshot], _T]) -> _T:
        """What a function makes of this snapshot, worked out when it is first asked for; not to be changed by whoever gets it."""
        known: dict[Any, Any] = self.__dict__.setdefault("_made", {})
        if make not in known:
            known[make] = make(self)
        found: _T = known[make]
        return found


def structure_of(obj: CatalogObject) -> dict[str, Any]:
    """The structural facts of an object, without OIDs, owner, grants and physical order."""
    props = {key: value for key, value in obj.props.items() if key not in PHYSICAL}
    return {"props": props, "comment": obj.comment, "labels": list(obj.labels)}


def privileges_of(obj: CatalogObject) -> dict[str, Any]:
    """Owner and grants of an object."""
    return {"owner": obj.owner, "acl": None if obj.acl is None else list(obj.acl)}


def _lines(obj: CatalogObject) -> tuple[str, str]:
    """Structure and privileges as text; kept with the object, which most snapshots of a run share."""
    if obj.lines is None:
        facts = (structure_of(obj), privileges_of(obj))
        text = tuple(json.dumps((obj.kind, obj.identity, f), sort_keys=True, ensure_ascii=False) for f in facts)
        object.__setattr__(obj, "lines", text)
    assert obj.lines is not None
    return obj.lines


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
