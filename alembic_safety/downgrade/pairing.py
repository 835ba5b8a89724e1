"""Which object of now is which object of before, and the edges between objects in the form that planning needs."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from alembic_safety.downgrade.compare import differing
from alembic_safety.model.catalog import Address, CatalogObject, Edge
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.identifiers import quote_ident

_RELATIONS = frozenset({"table", "foreign_table", "view", "materialized_view", "composite"})
_TYPES = frozenset({"enum", "domain", "range", "base_type", "shell_type"})
_RENAMED = frozenset({"constraint", "index", "sequence"})
_ROUTINES = frozenset({"function", "procedure", "aggregate"})


def slots(kind: str, identity: str) -> tuple[tuple[str, str], ...]:
    """The names that an object takes: no two objects of a database share one of them."""
    if kind in _RELATIONS:
        return (("relation", identity), ("type", identity))
    if kind in ("index", "sequence"):
        return (("relation", identity),)
    if kind in _TYPES:
        return (("type", identity),)
    if kind in _ROUTINES:
        return (("routine", identity),)
    return ((kind, identity),)


def pair(before: Snapshot, now: Snapshot, apart: Collection[Address] = ()) -> dict[Address, Address]:
    """Addresses of ``now`` -> addresses of ``before``: by address, else by kind and name (dropped and made again).

    What hangs on something is paired only where that is paired too.

    :param apart: addresses of ``now`` that shall count as other objects although their address is known.
    """
    by_name = before.by_identity
    owners_now, owners_before = now.once(_owners), before.once(_owners)
    wanted: dict[Address, Address] = {}
    refused = set(apart)

    def settle(obj: CatalogObject) -> None:
        address = obj.address
        if address in wanted or address in refused:
            return
        for owner in owners_now.get(address, ()):
            settle(now.objects[owner])
        same = before.objects.get(address)
        candidates = [same] if same is not None and same.kind == obj.kind else []
        named = by_name.get((obj.kind, obj.identity))
        if (named is not None and named.address not in now.objects and named is not same) or (
            named is not None and named is not same and named.address in refused
        ):
            candidates.append(named)
        for candidate in candidates:
            mine = {wanted.get(o) for o in owners_now.get(address, ())}
            if mine == set(owners_before.get(candidate.address, ())):
                wanted[address] = candidate.address
                return
        refused.add(address)

    for obj in now.objects.values():
        settle(obj)
    _renamed(before, now, wanted, set(apart), owners_now, owners_before)
    return wanted


def _renamed(
    before: Snapshot,
    now: Snapshot,
    wanted: dict[Address, Address],
    apart: set[Address],
    owners_now: Mapping[Address, list[Address]],
    owners_before: Mapping[Address, list[Address]],
) -> None:
    """Pair what is left by what it is: a constraint, index or identity sequence made again under another name is a rename."""
    known = set(wanted.values())
    there: dict[tuple[Any, ...], list[Address]] = {}
    for address, obj in now.objects.items():
        if address not in wanted and address not in apart and obj.kind in _RENAMED:
            owners = tuple(wanted.get(owner, owner) for owner in owners_now.get(address, ()))
            if owners and all(owner in known for owner in owners):
                there.setdefault((obj.kind, owners, _nameless(obj)), []).append(address)
    if not there:
        return
    for address, obj in before.objects.items():
        if address not in known and obj.kind in _RENAMED:
            found = there.get((obj.kind, tuple(owners_before.get(address, ())), _nameless(obj)))
            if found and len(found) == 1:
                wanted[found.pop()] = address


def _nameless(obj: CatalogObject) -> str:
    """What an object is, its name apart."""
    if obj.kind == "sequence":
        return "identity" if obj.props["identity"] else obj.identity
    facts = {
        k: v
        for k, v in obj.props.items()
        if k in ("type", "validated", "columns", "unique", "valid", "options", "attached_to")
    }
    facts["definition"] = str(obj.props["definition"]).replace(f" {quote_ident(obj.name)} ON ", " ON ", 1)
    facts["backs"] = bool(obj.props.get("constraint"))
    return json.dumps(facts, sort_keys=True)


def _owners(side: Snapshot) -> dict[Address, list[Address]]:
    """What each object hangs on: its parent, and the column of an identity sequence."""
    result = {a: [o.parent] for a, o in side.objects.items() if o.parent is not None and o.parent in side.objects}
    for sequence in side.objects.values():
        if sequence.kind == "sequence" and sequence.props["identity"]:
            columns = [r for r in side.needs.get(sequence.address, ()) if r.sub and r in side.objects]
            result[sequence.address] = columns[:1]
    return result


def changed_keys(now: CatalogObject, want: CatalogObject) -> frozenset[str]:
    """Keys of ``props`` that differ, physical order left out; ``identity`` where the names differ still."""
    keys = set(differing(want.props, now.props))
    if now.identity != want.identity:
        keys.add("identity")
    return frozenset(keys)


def edges_of(side: Snapshot) -> list[Edge]:
    """The edges between objects of one snapshot, parents included, each said once at its finest grain.

    The reader reports a dependency of or on a column for its table too; planning wants the column alone.
    """
    objects = side.objects
    finest: dict[tuple[str, int, str, int], tuple[int, list[Edge]]] = {}
    for edge in side.edges:
        dependent, referenced, _ = edge
        if dependent not in objects or referenced not in objects:
            continue
        ends = (dependent.catalog, dependent.oid, referenced.catalog, referenced.oid)
        grain = bool(dependent.sub) + bool(referenced.sub)
        best = finest.get(ends)
        if best is None or grain > best[0]:
            finest[ends] = (grain, [edge])
        elif grain == best[0]:
            best[1].append(edge)
    result = [edge for _, edges in finest.values() for edge in edges]
    result += [Edge(o.address, o.parent, "a") for o in objects.values() if o.parent is not None and o.parent in objects]
    return result
