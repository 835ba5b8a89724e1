"""Whether a transaction did to the catalog what it did in the rehearsal: looked at inside it, before COMMIT."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from alembic_safety.downgrade.compare import Change, changes, differing
from alembic_safety.guard.rehearsed import Name
from alembic_safety.guard.surroundings import Surroundings
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.postgres.session import Session
from alembic_safety.rehearsal.closure import (
    ABSENT,
    CARRIED,
    PERSONAL,
    TUNED,
    WHOLE,
    Relabelling,
    altered_keys,
    digest,
    entries,
    is_folded,
    is_relabelled_so,
    relabelled,
    value_digest,
)
from alembic_safety.rehearsal.patterns import are_others, patterns_of

if TYPE_CHECKING:
    from alembic_safety.model.snapshot import Snapshot

Fetch = Callable[[str], "list[tuple[Any, ...]]"]
#: What goes with a column or table without anybody's CASCADE.
_GOES_ALONG = frozenset({"index", "default", "statistics", "constraint", "column"})
#: What goes only with a whole table.
_GOES_WITH_TABLE = frozenset({"trigger", "policy", "rule"})


def unlike_rehearsal(
    before: Snapshot, after: Snapshot, closures: Sequence[Mapping[str, str]], session: Session, other: Fetch
) -> tuple[list[str], list[str]]:
    """What the transaction did otherwise than in the rehearsal, and what more it did where that is explained by what is there.

    :param closures: of the revisions that ran in it, in order.
    :param session: the migration's own.
    :param other: a query on another connection, which sees what is committed.
    """
    wanted, made = _wanted(closures)
    altered = _altered(closures)
    labels: dict[Name, list[Relabelling]] = {}
    for closure in closures:
        for name, relabelling in relabelled(closure).items():
            labels.setdefault(name, []).append(relabelling)
    others = _others(before, closures)
    wrong: list[str] = []
    notes: list[str] = []
    patterns = {name: found for closure in closures for name, found in patterns_of(closure).items()}
    seen = Surroundings(after)
    for name, is_ in sorted(wanted.items()):
        if is_ and not seen.is_as(name, is_) and not _is_altered_so(name, altered, before, after):
            if name in labels and _is_relabelled_so(name, labels[name], before, after):
                continue
            if seen.find(name) is None and _went_before(name, is_, closures, before):
                continue
            if is_ != ABSENT and _follows(after.by_identity.get(name), others, before, after, session, other):
                continue
            if name in patterns and are_others(patterns[name], before, after):
                notes.append(f"{_words(name)} is another than rehearsed: what it is made from is")
                continue
            state = "is still there" if is_ == ABSENT else "is missing" if seen.find(name) is None else "is another"
            wrong.append(f"{_words(name)} {state}")
    for change in changes(before, after):
        if (
            change.kind in PERSONAL
            or _is_made_again(change, before, after)
            or _is_expected(change, before, after, wanted, made, seen)
        ):
            continue
        if not is_written_here(change.address, session, other, is_there=change.after is not None):
            continue
        if change.kind == "index" and change.before is None and other(_row(change.address)):
            continue  # it was INVALID, and the server built it anew with its table
        (notes if _is_explained(change, before, after, wanted) else wrong).append(_told(change))
    return wrong, notes


def _wanted(closures: Sequence[Mapping[str, str]]) -> tuple[dict[Name, str], dict[str, Name]]:
    """What each object has to be at the end ('' where it is only known to be there), and by identity what was made as a whole."""
    wanted: dict[Name, str] = {}
    made: dict[str, Name] = {}
    gone: set[Name] = set()
    for closure in closures:
        rows = entries(closure)
        for name, was, is_ in rows:
            if was == is_:
                wanted.setdefault(name, "")
                continue
            if is_.startswith(WHOLE):
                # With all that is in it, of which something may have gone with an earlier one of its name.
                for inner in [n for n in gone if n[1].startswith(f"{name[1]}.")]:
                    gone.discard(inner)
                    del wanted[inner]
            wanted[name] = is_
            (gone.add if is_ == ABSENT else gone.discard)(name)
            for end, letter in enumerate(name[1]):
                if letter == "." and (whole := made.get(name[1][:end])) is not None:
                    wanted[whole] = ""  # no more as a whole what it was made as
        made.update((name[1], name) for name, _, is_ in rows if is_.startswith(WHOLE))
    return wanted, made


def _altered(closures: Sequence[Mapping[str, str]]) -> dict[Name, tuple[str, dict[str, str]]]:
    """Of each column that is only altered in place: what it has to be before, and the facts that change."""
    found: dict[Name, tuple[str, dict[str, str]]] = {}
    for closure in closures:
        keys = altered_keys(closure)
        for name, was, is_ in entries(closure):
            if was == is_:
                continue
            if name in keys:
                first, known = found.get(name, (was, {}))
                found[name] = (first, {**known, **keys[name]})
            else:
                found.pop(name, None)
    return found


def _others(before: Snapshot, closures: Sequence[Mapping[str, str]]) -> set[Address]:
    """What was there and was another than rehearsed."""
    first: dict[Name, str] = {}
    for closure in closures:
        for name, was, _ in entries(closure):
            first.setdefault(name, was)
    found = ((before.by_identity.get(name), was) for name, was in first.items() if was[:1] not in (ABSENT, WHOLE))
    return {obj.address for obj, was in found if obj is not None and digest(obj) != was}


def _follows(
    obj: CatalogObject | None,
    others: AbstractSet[Address],
    before: Snapshot,
    after: Snapshot,
    session: Session,
    other: Fetch,
) -> bool:
    """Whether an object is another than rehearsed because something else was: what it needs, or it was itself and is only renamed."""
    if obj is None:
        return False
    was = before.objects.get(obj.address)
    if (
        was is not None
        and obj.address in others
        and (digest(was) == digest(obj) or not is_written_here(obj.address, session, other, is_there=True))
    ):
        return True
    parent = after.objects.get(obj.parent) if obj.parent is not None else None
    holders = [obj.address]
    if parent is not None and parent.kind in ("view", "materialized_view"):
        holders.append(parent.address)
    return any(needed in others for address in holders for needed in after.needs.get(address, ()))


def _is_altered_so(
    name: Name, altered: Mapping[Name, tuple[str, Mapping[str, str]]], before: Snapshot, after: Snapshot
) -> bool:
    """Whether a column that was another than rehearsed got the changes of the rehearsal, and nothing else."""
    was, is_ = before.by_identity.get(name), after.by_identity.get(name)
    if name not in altered or was is None or is_ is None or was.address != is_.address:
        return False
    first, keys = altered[name]
    if digest(was) == first:
        return False
    others = set(differing(was.props, is_.props)) - keys.keys() - TUNED
    return not others and all(value_digest(is_.props.get(key)) == value for key, value in keys.items())


def _is_relabelled_so(name: Name, steps: Sequence[Relabelling], before: Snapshot, after: Snapshot) -> bool:
    """Whether an enum that had labels of its own got the changes of the rehearsal, and nothing else."""
    was, is_ = before.by_identity.get(name), after.by_identity.get(name)
    return was is not None and is_ is not None and was.address == is_.address and is_relabelled_so(steps, was, is_)


def _went_before(name: Name, is_: str, closures: Sequence[Mapping[str, str]], before: Snapshot) -> bool:
    """Whether it was rehearsed as the same under another name (of its table, perhaps), and that was missing already."""
    if name[0] not in CARRIED:
        return False
    for closure in closures:
        for old, was, became in entries(closure):
            if old[0] == name[0] and became == ABSENT and was == is_ and old not in before.by_identity:
                return True
    return False


def _is_made_again(change: Change, before: Snapshot, after: Snapshot) -> bool:
    """Whether it was dropped and made again just as it was: rehearsals compare by name, where that is no change."""
    obj, side = (change.before, after) if change.after is None else (change.after, before)
    if obj is None or (change.before is not None and change.after is not None):
        return False
    twin = side.by_identity.get((obj.kind, obj.identity))
    return twin is not None and digest(twin) == digest(obj)


def _is_same_by_name(obj: CatalogObject, before: Snapshot, after: Snapshot) -> bool:
    """Whether there is something just like it under its name at both times: one that was renamed, and another that has its name since."""
    was, is_ = (side.by_identity.get((obj.kind, obj.identity)) for side in (before, after))
    return was is not None and is_ is not None and digest(was) == digest(is_)


def _is_expected(
    change: Change,
    before: Snapshot,
    after: Snapshot,
    wanted: Mapping[Name, str],
    made: Mapping[str, Name],
    seen: Surroundings,
) -> bool:
    sides = [side for side in (change.before, change.after) if side is not None]
    if all(
        wanted.get((side.kind, side.identity))
        or wanted.get(seen.name_of(side))
        or (len(sides) == 2 and _is_same_by_name(side, before, after))
        for side in sides
    ):
        return True
    if len(sides) == 2 and sides[0].identity == sides[1].identity and digest(sides[0]) == digest(sides[1]):
        return True  # owner, grants, comment, or what an administrator tunes
    new = change.after
    if new is None or change.before is not None:
        return False
    if made.get(new.identity) == (new.kind, new.identity):
        return True  # made by one revision, and changed by a later one
    if not is_folded(new):
        return False
    parent = after.objects.get(new.parent) if new.parent is not None else None
    return parent is not None and parent.identity in made


def _is_explained(change: Change, before: Snapshot, after: Snapshot, wanted: Mapping[Name, str]) -> bool:
    """Whether something that was not in the rehearsal follows from what the rehearsed change was applied to."""
    obj, snapshot = (change.after, after) if change.after is not None else (change.before, before)
    assert obj is not None
    table = snapshot.objects.get(obj.parent) if obj.parent is not None else None
    if obj.kind == "sequence":
        column = snapshot.by_identity.get(("column", str(obj.props["owned_by"])))
        table = snapshot.objects.get(column.parent) if column is not None and column.parent is not None else None
    if obj.kind == "publication_table":
        table = snapshot.by_identity.get(("table", str(obj.props["table"])))
    if change.after is None and obj.parent is not None and (table is None or table.address not in after.objects):
        return True  # whether its table may go is judged by the table itself
    if change.after is None:
        foreign_key = obj.kind == "constraint" and obj.props.get("type") == "foreign key"
        if table is None or foreign_key:
            return False
        if obj.kind not in _GOES_ALONG and (obj.kind not in _GOES_WITH_TABLE or table.address in after.objects):
            return False
    return any(
        (one.kind, one.identity) in wanted for one in (table, *_ancestors(table or obj, snapshot)) if one is not None
    )


def _ancestors(obj: CatalogObject, snapshot: Snapshot) -> list[CatalogObject]:
    """Tables that a partition, an inheriting table, or an index on one belongs to."""
    found: list[CatalogObject] = []
    waiting = [obj]
    while waiting:
        one = waiting.pop()
        above = [one.props.get("partition_of"), *(one.props.get("inherits") or ()), one.props.get("attached_to")]
        for identity in above:
            parent = snapshot.by_identity.get((one.kind, identity)) or snapshot.by_identity.get(("table", identity))
            if parent is not None and parent not in found:
                found.append(parent)
                waiting.append(parent)
    return found


def is_written_here(address: Address, session: Session, other: Fetch, *, is_there: bool) -> bool:
    """Whether this transaction wrote the object's own row; others may change the schema meanwhile, and text follows what it names.

    :param is_there: the session still sees the object.
    """
    query = _row(address)
    seen = other(query)
    return seen != session.fetch(query) if is_there else bool(seen)


def _row(address: Address) -> str:
    if address.sub:
        return (
            "SELECT xmin::text, ctid::text FROM pg_catalog.pg_attribute "
            f"WHERE attrelid = {address.oid} AND attnum = {address.sub} AND NOT attisdropped"
        )
    return f"SELECT xmin::text, ctid::text FROM pg_catalog.{address.catalog} WHERE oid = {address.oid}"


def _told(change: Change) -> str:
    obj = change.after or change.before
    assert obj is not None
    return f"{_words((obj.kind, obj.identity))} was {change.action}, and was not in the rehearsal"


def _words(name: Name) -> str:
    return f"{name[0].replace('_', ' ')} {name[1]}"
