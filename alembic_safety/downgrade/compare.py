"""Compare two snapshots of a catalog, without knowing any kind of object.

``changes`` follows objects through one database by address: what a migration did. ``differences`` matches them by name:
what is left to say when a database should be what it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.snapshot import PHYSICAL, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of one object between two snapshots of one database."""

    kind: str
    address: Address
    #: None: created.
    before: CatalogObject | None
    #: None: dropped.
    after: CatalogObject | None
    #: Keys of ``props`` that differ, sorted; physical order not among them.
    keys: tuple[str, ...] = ()

    @property
    def action(self) -> str:
        """``created`` | ``dropped`` | ``renamed`` | ``moved`` | ``altered`` | ``re-owned`` | …, the weightiest that applies."""
        return self.actions[0]

    @property
    def actions(self) -> tuple[str, ...]:
        """Everything that happened to it, the weightiest first."""
        if self.before is None:
            return ("created",)
        if self.after is None:
            return ("dropped",)
        old, new = self.before, self.after
        seen = (
            ("renamed", old.name != new.name),
            ("moved", old.schema != new.schema),
            ("altered", bool(self.keys)),
            ("re-owned", old.owner != new.owner),
            ("re-granted", old.acl != new.acl),
            ("re-commented", old.comment != new.comment),
            ("re-labelled", old.labels != new.labels),
            ("re-ordered", any(old.props.get(k) != new.props.get(k) for k in PHYSICAL)),
            ("re-addressed", old.identity != new.identity),
        )
        return tuple(name for name, applies in seen if applies)


def changes(before: Snapshot, after: Snapshot) -> list[Change]:
    """What happened between two snapshots of the same database, by address; unchanged objects are left out."""
    result = []
    old_only, new_only = _not_shared(before, after)
    for address in sorted({obj.address for obj in old_only} | {obj.address for obj in new_only}):
        old, new = before.objects.get(address), after.objects.get(address)
        if old is None or new is None:
            known = old or new
            if known is not None:
                result.append(Change(kind=known.kind, address=address, before=old, after=new))
        elif old is not new and old != new:
            change = Change(kind=new.kind, address=address, before=old, after=new, keys=differing(old.props, new.props))
            if change.actions:
                result.append(change)
    return result


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys whose values differ, sorted, physical order left out."""
    if old is new or old == new:
        return ()
    return tuple(sorted(k for k in old.keys() | new.keys() if k not in PHYSICAL and old.get(k) != new.get(k)))


class Tier(str, Enum):
    """Which promise a difference breaks."""

    STRUCTURE = "structure"
    PRIVILEGES = "privileges"
    COLUMN_ORDER = "column order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One way in which a database is not what it should be."""

    kind: str
    identity: str
    tier: Tier
    #: ``left behind`` | ``missing`` | ``different``
    what: str
    #: The fact that differs (a key of ``props``, or owner, acl, comment, labels); '' for a whole object.
    key: str = ""
    expected: Any = None
    found: Any = None

    @property
    def message(self) -> str:
        """The difference in plain words, without a full stop."""
        name = f"{self.kind.replace('_', ' ')} {self.identity}"
        if self.what == "left behind":
            return f"{name} was left behind"
        if self.what == "missing":
            return f"{name} is missing"
        label = self.key.replace("_", " ")
        return f"{name} has {label} {_words(self.found)}, had {_words(self.expected)}"


def differences(before: Snapshot, after: Snapshot, *, privileges: bool = True) -> list[Difference]:
    """What makes ``after`` another schema than ``before``, by (kind, identity).

    Children of an object that is missing or left behind as a whole are not listed again. The result is sorted by
    tier, kind and identity; empty means identical, and only ``Tier.COLUMN_ORDER`` means identical up to physical column order.

    :param privileges: whether owners and grants count.
    """
    old_only, new_only = _not_shared(before, after)
    old = {(obj.kind, obj.identity): obj for obj in old_only}
    new = {(obj.kind, obj.identity): obj for obj in new_only}
    result: list[Difference] = []
    for key in sorted(old.keys() | new.keys()):
        was, is_ = old.get(key), new.get(key)
        if was is None and is_ is not None:
            if not _goes_with_parent(is_, after, before, old):
                result.append(Difference(kind=key[0], identity=key[1], tier=Tier.STRUCTURE, what="left behind"))
        elif is_ is None and was is not None:
            if not _goes_with_parent(was, before, after, new):
                result.append(Difference(kind=key[0], identity=key[1], tier=Tier.STRUCTURE, what="missing"))
        elif was is not None and is_ is not None and was is not is_:
            result += _of_object(was, is_, privileges)
    for kind, identity in sorted(set(before.unmodelled) ^ set(after.unmodelled)):
        what = "missing" if (kind, identity) in before.unmodelled else "left behind"
        result.append(Difference(kind=kind, identity=identity, tier=Tier.STRUCTURE, what=what))
    tiers = list(Tier)
    return sorted(result, key=lambda d: (tiers.index(d.tier), d.kind, d.identity, d.key))


def _not_shared(before: Snapshot, after: Snapshot) -> tuple[list[CatalogObject], list[CatalogObject]]:
    """The objects that one side does not share with the other: a later reading keeps the very objects that did not change."""
    old, new = before.objects, after.objects
    apart = before.apart_from(after)
    return (
        [old[address] for address in apart if address in old and new.get(address) is not old[address]],
        [new[address] for address in apart if address in new and old.get(address) is not new[address]],
    )


def _goes_with_parent(
    obj: CatalogObject, side: Snapshot, other: Snapshot, changed: Mapping[tuple[str, str], CatalogObject]
) -> bool:
    """Whether the parent is missing from the other side; ``changed`` is what that side does not share."""
    parent = side.objects.get(obj.parent) if obj.parent is not None else None
    if parent is None or other.objects.get(parent.address) is parent:
        return False
    return (parent.kind, parent.identity) not in changed


def _of_object(was: CatalogObject, is_: CatalogObject, privileges: bool) -> list[Difference]:
    facts: list[tuple[str, Tier, Any, Any]] = []
    if was.props != is_.props:
        for key in sorted(was.props.keys() | is_.props.keys()):
            tier = Tier.COLUMN_ORDER if key in PHYSICAL else Tier.STRUCTURE
            facts.append((key, tier, was.props.get(key), is_.props.get(key)))
    facts.append(("comment", Tier.STRUCTURE, was.comment, is_.comment))
    facts.append(("labels", Tier.STRUCTURE, was.labels, is_.labels))
    if privileges:
        facts.append(("owner", Tier.PRIVILEGES, was.owner, is_.owner))
        facts.append(("acl", Tier.PRIVILEGES, was.acl, is_.acl))
    return [
        Difference(kind=was.kind, identity=was.identity, tier=tier, what="different", key=key, expected=a, found=b)
        for key, tier, a, b in facts
        if a != b and not (key in PHYSICAL and sorted(a or ()) != sorted(b or ()))  # other columns: said by themselves
    ]


def _words(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in value) or "none"
    return str(value)
