"""What a database has of its own on the objects that an upgrade drops or changes: owners, grants, comments, what was tuned or added.

A rehearsal knows none of it. It is written down as the upgrade finds it, in the transaction of the upgrade, so that the way
back (``guard.live_restore``) can give back what was there and not only what was rehearsed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from alembic_safety.downgrade.compare import changes
from alembic_safety.guard.notes import Note
from alembic_safety.guard.rehearsed import lies_in
from alembic_safety.model.snapshot import PHYSICAL
from alembic_safety.postgres import own_schema
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.rehearsal.closure import ABSENT, PERSONAL, TUNED, digest, entries, is_carried

if TYPE_CHECKING:
    from alembic_safety.model.catalog import CatalogObject
    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.postgres.session import Session

Name = tuple[str, str]
_NAME = "found_state"
_TABLE = f"{own_schema.NAME}.{_NAME}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a database can have of its own on an object that comes back."""

    owner: str | None
    acl: tuple[str, ...] | None
    comment: str | None
    labels: tuple[tuple[str, str], ...]
    #: Storage parameters, statistics targets and the like: a part of ``props``.
    tuned: Mapping[str, Any]

    @classmethod
    def of(cls, obj: CatalogObject) -> Facts:
        """The facts of an object of a snapshot."""
        tuned = {key: value for key, value in obj.props.items() if key in TUNED and key not in PHYSICAL}
        return cls(owner=obj.owner, acl=obj.acl, comment=obj.comment, labels=obj.labels, tuned=tuned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One object as the upgrade found it."""

    kind: str
    identity: str
    name: str
    schema: str | None
    props: Mapping[str, Any]
    facts: Facts
    #: (kind, identity) of the table or type that it hangs on, and of everything that it needs, with pg_depend's letter.
    parent: Name | None
    needs: tuple[tuple[str, str, str], ...]
    #: What the upgrade made of it; None: dropped.
    after: Facts | None
    after_identity: str
    #: The structure that the upgrade made of it, where it was another than the rehearsed one; else ''.
    structure: str = ""
    #: Of a column of a table, or an enum: whether it was another than the rehearsed one, or in no rehearsal.
    is_other: bool = False

    @property
    def key(self) -> Name:
        """(kind, identity) before the upgrade."""
        return self.kind, self.identity


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What one upgrade found, and what it made."""

    found: tuple[Found, ...] = ()
    #: (kind, identity) of what there was not before, without what lies in another of them.
    made: frozenset[Name] = frozenset()
    #: What it drops and was missing; what it changes and was as it makes it.
    missing: frozenset[Name] = frozenset()
    already: frozenset[Name] = frozenset()


def seen(before: Snapshot, after: Snapshot, closure: Mapping[str, str] | None = None) -> State:
    """What an upgrade found, by the catalog before and after it in the very database.

    :param closure: what it does in a rehearsal (``rehearsal.closure``).
    """
    letters: dict[Any, dict[Any, str]] = {}
    known = entries(closure or {})
    rehearsed = {name: was for name, was, is_ in known if was != is_}
    gone = []
    changed: set[Name] = set()
    new_names: set[Name] = set()
    for change in changes(before, after):
        changed.update((side.kind, side.identity) for side in (change.before, change.after) if side is not None)
        if change.after is not None:
            new_names.add((change.after.kind, change.after.identity))
        old = change.before
        if old is None or old.kind in PERSONAL:
            continue
        new = change.after or after.by_identity.get((old.kind, old.identity))
        is_column = old.kind == "column" and _is_of_a_table(old, before)
        is_enum = old.kind == "enum"
        other = (is_carried(old) or ((is_column or is_enum) and new is not None)) and rehearsed.get(
            (old.kind, old.identity), digest(old)
        ) != digest(old)
        if new is None or change.after is None or other or Facts.of(old) != Facts.of(new):
            is_other = (is_column or is_enum) and rehearsed.get((old.kind, old.identity)) != digest(old)
            gone.append((old, new, digest(new) if other and new is not None else "", is_other))
    if gone:
        for edge in before.edges:
            letters.setdefault(edge.dependent, {})[edge.referenced] = edge.deptype
    return State(
        found=tuple(
            replace(as_found(old, new, is_, before, letters.get(old.address, {})), is_other=is_other)
            for old, new, is_, is_other in gone
        ),
        made=_outermost({name for name in new_names if name not in before.by_identity}),
        missing=frozenset(n for n, _, is_ in known if is_ == ABSENT and n not in before.by_identity),
        already=frozenset(
            name
            for name, was, is_ in known
            if was != is_ and ABSENT not in (was, is_) and name in before.by_identity and name not in changed
        ),
    )


def _is_of_a_table(column: CatalogObject, side: Snapshot) -> bool:
    parent = side.objects.get(column.parent) if column.parent is not None else None
    return parent is not None and parent.kind == "table"


def _outermost(names: AbstractSet[Name]) -> frozenset[Name]:
    """Without what lies in another of them (columns of a table)."""
    identities = {identity for _, identity in names}
    return frozenset(name for name in names if not lies_in(name[1], identities))


def as_found(
    old: CatalogObject, new: CatalogObject | None, structure: str, before: Snapshot, needs: Mapping[Any, str]
) -> Found:
    """An object of the snapshot before, with what became of it.

    :param structure: see ``Found.structure``.
    :param needs: what it needs, with pg_depend's letter.
    """
    parent = before.objects.get(old.parent) if old.parent is not None else None
    known = sorted(
        (before.objects[a].kind, before.objects[a].identity, d) for a, d in needs.items() if a in before.objects
    )
    return Found(
        kind=old.kind,
        identity=old.identity,
        name=old.name,
        schema=old.schema,
        props=old.props,
        facts=Facts.of(old),
        parent=None if parent is None else (parent.kind, parent.identity),
        needs=tuple(known),
        after=None if new is None else Facts.of(new),
        after_identity=old.identity if new is None else new.identity,
        structure=structure,
    )


# -- in the database ----------------------------------------------------------------------------------------------------


def note(version_table: str, revision: str, state: State) -> Note:
    """What writes a state down."""
    insert = (
        f"INSERT INTO {_TABLE} (version_table, revision, state) VALUES ({quote_literal(version_table)}, "
        f"{quote_literal(revision)}, {quote_literal(to_json(state))})"
    )
    otherwise = f"what {revision} found of owners and grants is not written down, and its downgrade can't give it back"
    return Note((_forgetting(version_table, revision), insert), otherwise)


def kept(session: Session, version_table: str, revision: str) -> State | None:
    """What was written down when a revision was applied; None where nothing was."""
    if not own_schema.has(session, _NAME):
        return None
    rows = session.fetch(
        f"SELECT state FROM {_TABLE} WHERE version_table = {quote_literal(version_table)} "
        f"AND revision = {quote_literal(revision)}"
    )
    return from_json(rows[0][0]) if rows else None


def forget(session: Session, version_table: str, revision: str) -> None:
    """Remove what was written down for a revision."""
    session.execute(_forgetting(version_table, revision))


def _forgetting(version_table: str, revision: str) -> str:
    return (
        f"DELETE FROM {_TABLE} WHERE version_table = {quote_literal(version_table)} "
        f"AND revision = {quote_literal(revision)}"
    )


def to_json(state: State) -> str:
    """A state as text."""
    return json.dumps(
        {
            "found": [_plain(item) for item in state.found],
            "made": sorted(state.made),
            "missing": sorted(state.missing),
            "already": sorted(state.already),
        },
        ensure_ascii=True,
        sort_keys=True,
    )


def _plain(item: Found) -> dict[str, Any]:
    def facts(value: Facts | None) -> Any:
        if value is None:
            return None
        return [value.owner, value.acl, value.comment, value.labels, dict(value.tuned)]

    return {
        "object": [item.kind, item.identity, item.name, item.schema],
        "props": dict(item.props),
        "facts": facts(item.facts),
        "parent": item.parent,
        "needs": item.needs,
        "after": facts(item.after),
        "after_identity": item.after_identity,
        "structure": item.structure,
        "is_other": item.is_other,
    }


def from_json(text: str) -> State:
    """The state that ``to_json`` wrote."""

    def facts(value: Any) -> Facts | None:
        if value is None:
            return None
        owner, acl, comment, labels, tuned = value
        return Facts(
            owner=owner,
            acl=None if acl is None else tuple(acl),
            comment=comment,
            labels=tuple((provider, label) for provider, label in labels),
            tuned=tuned,
        )

    data = json.loads(text)
    found = []
    for item in data["found"]:
        kind, identity, name, schema = item["object"]
        had = facts(item["facts"])
        assert had is not None
        found.append(
            Found(
                kind=kind,
                identity=identity,
                name=name,
                schema=schema,
                props=item["props"],
                facts=had,
                parent=None if item["parent"] is None else (item["parent"][0], item["parent"][1]),
                needs=tuple((k, i, letter) for k, i, letter in item["needs"]),
                after=facts(item["after"]),
                after_identity=item["after_identity"],
                structure=item.get("structure", ""),
                is_other=item.get("is_other", False),
            )
        )
    names = {
        key: frozenset((kind, identity) for kind, identity in data.get(key, ()))
        for key in ("made", "missing", "already")
    }
    return State(found=tuple(found), **names)
