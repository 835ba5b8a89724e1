"""Give a database back what it had of its own, once a downgrade has run: see ``guard.live_state``.

Three things are looked at: objects that the upgrade had dropped or changed and that are there again, objects that the downgrade
itself had to drop and create, and what went along with either and was in no rehearsal (an index that somebody made by hand).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from alembic_safety.downgrade.plan import TooLowError, make_plan
from alembic_safety.errors import GuardError, SynthesisError
from alembic_safety.guard.live_state import Facts, Found, Name, State, as_found
from alembic_safety.guard.rehearsed import lies_in
from alembic_safety.model.catalog import Address, CatalogObject, Edge
from alembic_safety.model.kinds import KINDS
from alembic_safety.model.snapshot import PHYSICAL, Snapshot
from alembic_safety.postgres.session import sqlstate
from alembic_safety.rehearsal.closure import PERSONAL, digest, is_carried
from alembic_safety.revisions.refresh import run_or_fill

if TYPE_CHECKING:
    from alembic_safety.postgres.session import Session

#: Addresses of objects that are to be made: no server gives such an OID.
_NOT_THERE_YET = 2**32
_WAY_OUT = "nothing was changed; -x safety.live_state=off goes on without"


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was given back."""

    statements: tuple[str, ...] = ()
    #: What cannot be, a sentence each.
    lost: tuple[str, ...] = ()


def restore(
    session: Session,
    state: State | None,
    before: Snapshot,
    now: Snapshot,
    read: Callable[[], Snapshot],
    touched: Collection[Name] | None = None,
    put_aside: Collection[Name] = (),
) -> Restored:
    """Give back what a downgrade does not know of, within the transaction that it ran in.

    :param state: what the upgrade had found; None where that was not written down.
    :param before: the catalog before the downgrade, of this very database; ``now``: after it.
    :param read: the catalog as it is at the moment of the call.
    :param touched: what the revision changes in a rehearsal; None where that is not known.
    :param put_aside: what was taken out of the way of the downgrade.
    :raises GuardError: the server refuses a statement, or it does not give back what it should.
    """
    goal = _Goal(state, before, now, touched, put_aside)
    wanted, lost = goal.snapshot()
    if wanted is None:
        _check_back(put_aside, now)
        return Restored(lost=lost)
    role = str(session.fetch("SELECT current_user::pg_catalog.text")[0][0])
    try:
        plan = make_plan(wanted, now, role=role, levels={}, aside={})
    except (TooLowError, SynthesisError) as error:
        raise GuardError(
            f"the downgrade would give the schema back, and not what this database had of its own: {error}; {_WAY_OUT}"
        ) from error
    for one in plan:
        _run(session, one.statement.sql)
    found = read()
    _check(wanted, goal.concerned, found)
    _check_gone(goal.unwanted, found)
    _check_back(put_aside, found)
    return Restored(statements=tuple(one.statement.sql for one in plan), lost=lost)


def columns_as_found(found: Iterable[Found], now: Snapshot) -> list[str]:
    """Statements that give columns of tables which are to get their rows back the type that they had, and make those that lack.

    None takes NOT NULL upon itself that it does not have: the rows are not there yet.
    """
    early = []
    for item in found:
        obj = now.by_identity.get(item.key)
        not_null = obj is not None and obj.props["not_null"] and item.props["not_null"]
        facts = Facts(owner=None, acl=None, comment=None, labels=(), tuned={}) if obj is None else Facts.of(obj)
        early.append(replace(item, props={**item.props, "not_null": not_null}, facts=facts, after=None, is_other=True))
    wanted, _ = _Goal(State(found=tuple(early)), now, now, None, ()).snapshot()
    if wanted is None:
        return []
    try:
        return [one.statement.sql for one in make_plan(wanted, now, role="", levels={}, aside={})]
    except (TooLowError, SynthesisError):
        return []  # tried again at the end, and then it has to be


def _run(session: Session, sql: str) -> None:
    try:
        run_or_fill(session, sql)
    except Exception as error:
        if sqlstate(error) is None:
            raise
        words = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        raise GuardError(
            "the downgrade would give the schema back, and not what this database had of its own, because the server "
            f"refuses {sql!r}: {words}; {_WAY_OUT}"
        ) from error


def _check(wanted: Snapshot, concerned: set[Name], found: Snapshot) -> None:
    for name in sorted(concerned):
        want, is_ = wanted.by_identity[name], found.by_identity.get(name)
        if is_ is None or _facts(is_) != _facts(want) or (is_carried(want) and not _is_same(is_, want)):
            raise GuardError(
                f"the downgrade would give the schema back, and not what this database had of its own: "
                f"{name[0].replace('_', ' ')} {name[1]} is not as it was; {_WAY_OUT}"
            )


def _facts(obj: CatalogObject) -> Facts:
    """Without whether a materialized view is filled, which its rows may not allow."""
    facts = Facts.of(obj)
    return replace(facts, tuned={name: value for name, value in facts.tuned.items() if name != "populated"})


def _is_same(obj: CatalogObject, want: CatalogObject) -> bool:
    """Whether it has the structure that it should; the types of a view's columns follow what it selects from."""
    if obj.kind == "view":
        names = [[name for name, _ in one.props["columns"]] for one in (obj, want)]
        if names[0] == names[1]:
            obj = replace(obj, props={**obj.props, "columns": want.props["columns"]})
    return digest(obj) == digest(want)


def _check_gone(unwanted: set[Name], found: Snapshot) -> None:
    for kind, identity in sorted(unwanted & found.by_identity.keys()):
        raise GuardError(
            f"the downgrade would make {kind.replace('_', ' ')} {identity}, which was not there before the upgrade; {_WAY_OUT}"
        )


def _check_back(put_aside: Collection[Name], found: Snapshot) -> None:
    for kind, identity in sorted(set(put_aside) - found.by_identity.keys()):
        raise GuardError(
            f"{kind.replace('_', ' ')} {identity} is in the way of the downgrade and can't be given back, because it uses what "
            f"the downgrade drops; drop it yourself if that is right, or keep the revision; nothing was changed"
        )


class _Goal:
    """The catalog as it has to be: as it is, with what this database had of its own."""

    def __init__(
        self,
        state: State | None,
        before: Snapshot,
        now: Snapshot,
        touched: Collection[Name] | None,
        put_aside: Collection[Name],
    ) -> None:
        self._state = state or State()
        #: Only then is it known what the downgrade is meant to drop.
        self._is_known = state is not None
        self._recorded = {found.key for found in self._state.found}
        self._within = {identity for _, identity in self._state.made}
        self._before = before
        self._now = now
        self._touched = touched
        self._put_aside = frozenset(put_aside)
        known = (before.by_identity.get(name) for name in put_aside)
        self._of_put_aside = {obj.address for obj in known if obj is not None}
        #: (kind, identity) of what is to be changed or made.
        self.concerned: set[Name] = set()
        #: Of what the downgrade has made and the upgrade had not found.
        self.unwanted: set[Name] = set()
        self._objects: dict[Address, CatalogObject] = dict(now.objects)
        self._edges: set[Edge] = set()

    def snapshot(self) -> tuple[Snapshot | None, tuple[str, ...]]:
        """The goal (None where it is reached), and what cannot be reached, a sentence each. Raises GuardError."""
        for found in self._state.found:
            self._found_by_the_upgrade(found)
        for obj in self._now.objects.values():
            if (obj.kind, obj.identity) in self._recorded:
                continue
            same = self._before.objects.get(obj.address)
            live = same or self._before.by_identity.get((obj.kind, obj.identity))
            if live is None or live is obj:
                continue
            if same is None:
                self._want(obj, Facts.of(live), live.props if self._is_by_the_way(obj) else None)
            elif self._is_known and Facts.of(live) != Facts.of(obj):  # it was so before the upgrade already
                self._want(obj, Facts.of(live))
        self._leave_as_it_was()
        lost = tuple(self._make_missing())
        if not self.concerned and not self.unwanted:
            return None, lost
        edges = (e for e in (*self._now.edges, *self._edges) if e.dependent in self._objects)
        goal = replace(self._plain(self._now), objects=self._objects, edges=frozenset(edges))
        return goal, lost

    def _is_by_the_way(self, obj: CatalogObject) -> bool:
        """Whether the downgrade made it again only because of something else: then it is to be what it was, not what was rehearsed."""
        return self._touched is not None and (obj.kind, obj.identity) not in self._touched and is_carried(obj)

    def _leave_as_it_was(self) -> None:
        """What the upgrade had nothing to do for, because somebody had done it by hand. Raises GuardError."""
        for name in self._state.missing:
            obj = self._now.by_identity.get(name)
            if obj is not None and name not in self._before.by_identity and not _is_left_out(obj.kind, obj.props):
                self._take_away(obj)
        for kind, identity in self._state.made:  # of what hangs on a table that it copied
            obj = self._now.by_identity.get((kind, identity))
            is_left = obj is not None and obj.address in self._before.objects and obj.parent is not None
            if obj is not None and is_left and is_carried(obj) and not _is_left_out(obj.kind, obj.props):
                self._take_away(obj)
        for obj in self._now.objects.values():
            if self._is_made_for_nobody(obj):
                self._take_away(obj)
        for name in self._state.already:
            was, is_ = self._before.by_identity.get(name), self._now.by_identity.get(name)
            if was is None or is_ is None or digest(was) == digest(is_):
                continue
            if was.props.get("type") != is_.props.get("type") and was.kind == "column":
                raise GuardError(
                    f"the downgrade would turn column {was.identity} into {is_.props['type']}, and it was "
                    f"{was.props['type']} before the upgrade already; {_WAY_OUT}"
                )
            self._objects[is_.address] = replace(is_, props={**is_.props, **was.props})
            self.concerned.add(name)

    def _is_made_for_nobody(self, obj: CatalogObject) -> bool:
        """Whether the downgrade made it again by the way, and somebody had dropped it: before the upgrade, or since."""
        name = (obj.kind, obj.identity)
        if not self._is_known or obj.address in self._before.objects or name in self._before.by_identity:
            return False
        props = obj.props
        follows = props.get("has_parent") or props.get("attached_to") or props.get("is_local") is False
        is_expected = name in self._recorded or follows or _is_left_out(obj.kind, props)
        return not is_expected and self._is_by_the_way(obj)

    def _take_away(self, obj: CatalogObject) -> None:
        for one in (obj, *self._now.children.get(obj.address, ())):
            self._objects.pop(one.address, None)
        self.unwanted.add((obj.kind, obj.identity))

    @staticmethod
    def _plain(side: Snapshot) -> Snapshot:
        return Snapshot(
            server_version=side.server_version,
            objects=side.objects,
            unmodelled=side.unmodelled,
            extension_members=side.extension_members,
        )

    def _found_by_the_upgrade(self, found: Found) -> None:
        obj = self._now.by_identity.get(found.key)
        if obj is None:
            return
        live = self._before.by_identity.get((found.kind, found.after_identity)) if found.after is not None else None
        made = obj.address not in self._before.objects
        if found.after is None or (live is not None and Facts.of(live) == found.after):
            dropped = found.after is None or (live is not None and found.structure == digest(live))
            is_given = dropped and (is_carried(obj) or found.is_other)
            self._want(obj, found.facts, found.props if is_given else None)
        elif made and live is not None:  # somebody changed it since
            self._want(obj, Facts.of(live))

    def _want(self, obj: CatalogObject, facts: Facts, structure: Mapping[str, Any] | None = None) -> None:
        """:param structure: props that it had, where they may be others than those that were rehearsed."""
        if _is_left_out(obj.kind, obj.props):
            return
        had = {key: value for key, value in (structure or {}).items() if key not in PHYSICAL}
        props = {**obj.props, **had, **facts.tuned}
        want = replace(obj, owner=facts.owner, acl=facts.acl, comment=facts.comment, labels=facts.labels, props=props)
        if want != obj:
            self._objects[obj.address] = want
            self.concerned.add((obj.kind, obj.identity))

    # -- what went along ------------------------------------------------------------------------------------------------

    def _make_missing(self) -> Iterator[str]:
        """Put in what is not there again and nobody meant to drop; says what cannot be. Raises GuardError."""
        missing = {
            found.key: found
            for found in self._state.found
            if found.key not in self._now.by_identity and not _is_left_out(found.kind, found.props)
        }
        letters: dict[Address, dict[Address, str]] = {}
        lost = []
        if self._is_known or self._put_aside:
            lost = [obj for obj in self._before.objects.values() if self._is_lost(obj)]
        for obj in lost:
            if obj.kind == "table" or (obj.kind == "column" and self._is_of_a_table(obj)):
                raise GuardError(
                    f"the downgrade would drop {obj.kind} {obj.identity}, which was there before the upgrade or was made by "
                    f"somebody else since, with what it holds; {_WAY_OUT}"
                )
        if lost:
            for edge in self._before.edges:
                letters.setdefault(edge.dependent, {})[edge.referenced] = edge.deptype
        for obj in lost:
            missing.setdefault(
                (obj.kind, obj.identity), as_found(obj, None, "", self._before, letters.get(obj.address, {}))
            )
        made: dict[Name, Address] = {}
        waiting = list(missing.values())
        while waiting:
            ready = [item for item in waiting if all(self._address(name, made) for name in _needed(item))]
            if not ready:
                break
            for item in ready:
                made[item.key] = self._make(item, made)
            waiting = [item for item in waiting if item.key not in made]
        for item in waiting:
            if item.parent not in missing:
                yield f"{item.kind.replace('_', ' ')} {item.identity} went along with what it stood on"

    def _is_of_a_table(self, column: CatalogObject) -> bool:
        parent = self._before.objects.get(column.parent) if column.parent is not None else None
        return parent is None or parent.kind == "table"

    def _is_lost(self, obj: CatalogObject) -> bool:
        name = (obj.kind, obj.identity)
        if obj.address in self._now.objects or name in self._now.by_identity or name in self._state.made:
            return False
        if not self._is_known:
            return name in self._put_aside or obj.parent in self._of_put_aside
        return not lies_in(obj.identity, self._within) and not _is_left_out(obj.kind, obj.props)

    def _address(self, name: Name, made: Mapping[Name, Address]) -> Address | None:
        there = self._now.by_identity.get(name)
        return there.address if there is not None else made.get(name)

    def _make(self, item: Found, made: Mapping[Name, Address]) -> Address:
        parent = self._address(item.parent, made) if item.parent is not None else None
        number = _NOT_THERE_YET + len(made)
        catalog = KINDS[item.kind].catalog
        address = Address(catalog, parent.oid, number) if item.kind == "column" and parent else Address(catalog, number)
        obj = CatalogObject(
            kind=item.kind,
            address=address,
            identity=item.identity,
            name=item.name,
            schema=item.schema,
            parent=parent,
            props={key: value for key, value in item.props.items() if key not in PHYSICAL},
            owner=item.facts.owner,
            acl=item.facts.acl,
            comment=item.facts.comment,
            labels=item.facts.labels,
        )
        self._objects[address] = obj
        self.concerned.add(item.key)
        for kind, identity, letter in item.needs:
            needed = self._address((kind, identity), made)
            if needed is not None:
                self._edges.add(Edge(address, needed, letter))
        return address


def _is_left_out(kind: str, props: Mapping[str, Any]) -> bool:
    """What is no one's own: PostgreSQL 18 has constraints for NOT NULL, under names that other versions do not know."""
    return kind in PERSONAL or (kind == "constraint" and props.get("type") == "not null")


def _needed(item: Found) -> list[Name]:
    needs = [(kind, identity) for kind, identity, _ in item.needs]
    return needs if item.parent is None else [item.parent, *needs]
