"""A snapshot that a later reading can start from."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NoReturn

from alembic_safety.model.catalog import Address, CatalogObject, Edge
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.catalog.moment import Moment


@dataclass(frozen=True, kw_only=True)
class FollowedSnapshot(Snapshot):
    """A snapshot with what it takes to bring it up to date."""

    #: Where the session stood.
    moment: Moment | None = field(default=None, compare=False, repr=False)
    #: Fingerprint of all catalogs whose change asks for a full reading.
    rare: str = field(default="", compare=False, repr=False)
    #: What was read again in that very transaction: it may yet be rolled back.
    unsettled: frozenset[Address] = field(default=frozenset(), compare=False, repr=False)
    #: What the reading left in the transaction as it ended (see ``quiet.MARK``; '' for nothing), the last command of the transaction that is
    #: known to have written what it saw, and whether certainly none of a later one had written anything by then.
    mark: str = field(default="", compare=False, repr=False)
    command: int = field(default=-1, compare=False, repr=False)
    is_last_command: bool = field(default=False, compare=False, repr=False)
    #: Locks that its transaction held where all of it was read within one that had written already.
    held: frozenset[tuple[str, int]] = field(default=frozenset(), compare=False, repr=False)
    #: All that is read again together: a relation with what hangs on it, a type with its attributes, a routine.
    units: Mapping[Address, tuple[Address, ...]] = field(default_factory=dict, compare=False, repr=False)
    #: pg_depend's rows that are committed for good, and all of them, as text; None where they were not read. Aliases likewise (see ``edges.py``).
    depend_texts: tuple[str, str] | None = field(default=None, compare=False, repr=False)
    alias_text: str = field(default="", compare=False, repr=False)
    members: Mapping[Address, Address] = field(default_factory=dict, compare=False, repr=False)
    member_catalogs: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    classes: Mapping[int, str] = field(default_factory=dict, compare=False, repr=False)


class UnreadEdges(AbstractSet[Edge]):
    """In the place of edges that nobody wanted: asking for them is a mistake of ours, and says so."""

    def _refuse(self, *_: object) -> NoReturn:
        raise RuntimeError("this snapshot was read without edges")

    # Not of a built-in set, whose copy asks none of these.
    __contains__ = __iter__ = __len__ = __eq__ = _refuse
    __hash__ = object.__hash__


def units_of(objects: Mapping[Address, CatalogObject]) -> dict[Address, tuple[Address, ...]]:
    """Objects by what they hang on (or by themselves)."""
    found: dict[Address, list[Address]] = {}
    for address, obj in objects.items():
        found.setdefault(obj.parent or address, []).append(address)
    return {unit: tuple(members) for unit, members in found.items()}


def carry_over(base: Snapshot, now: FollowedSnapshot) -> None:
    """Spare a later snapshot the work that was done to look things up in the one that it was made from."""
    apart = now.apart_from(base)
    if len(apart) > len(now.objects) // 4:
        return
    known = vars(base)
    if "extensions" in known:
        vars(now)["extensions"] = base.extensions  # a change of one costs a full reading, which carries nothing over
    if "by_identity" in known:
        found = dict(base.by_identity)
        for address in apart:
            old = base.objects.get(address)
            if old is not None and found.get((old.kind, old.identity)) is old:
                del found[old.kind, old.identity]
        found.update({(new.kind, new.identity): new for a in apart if (new := now.objects.get(a)) is not None})
        vars(now)["by_identity"] = found
    if "children" in known:
        children = dict(base.children)
        sides = [obj for address in apart for side in (base, now) if (obj := side.objects.get(address)) is not None]
        for parent in {obj.parent for obj in sides if obj.parent is not None}:
            members = sorted(address for address in now.units.get(parent, ()) if address != parent)
            children[parent] = [now.objects[address] for address in members]
            if not members:
                del children[parent]
        vars(now)["children"] = children
