"""Give objects their names and schemas back, before anything else is compared by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace

from alembic_safety.downgrade.aside import aside_name
from alembic_safety.downgrade.kinds import rules_of
from alembic_safety.downgrade.kinds.base import Context, Step
from alembic_safety.downgrade.pairing import changed_keys, slots
from alembic_safety.downgrade.statement import Statement
from alembic_safety.downgrade.write import Planned
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.identifiers import qualified, quote_ident


@dataclass
class Renaming:
    """One turn of renames over one snapshot; ``planned`` grows."""

    before: Snapshot
    now: Snapshot
    role: str
    apart: Collection[Address]
    planned: list[Planned] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ctx = Context(before=self.before, now=self.now, role=self.role)
        self._taken = {slot: a for a, o in self.now.objects.items() for slot in slots(o.kind, o.identity)}

    def turn(self, number: int) -> None:
        """Rename and move everything of this turn whose name or schema is not as before."""
        todo = dict(self._pending(number))
        while todo:
            ready = [a for a, (now, want) in todo.items() if self._free(now, self._target(now, want.name, want.schema))]
            for address in ready:
                now, want = todo.pop(address)
                self._give(now, want)
            if not ready and todo:
                self._make_room(todo)

    def put_aside(self, obj: CatalogObject, reason: str) -> None:
        """Rename something that is to be built anew."""
        self._rename(obj, aside_name(obj.name), reason)

    def _pending(self, number: int) -> Iterator[tuple[Address, tuple[CatalogObject, CatalogObject]]]:
        for address in sorted(self.now.objects.keys() & self.before.objects.keys()):
            now, want = self.now.objects[address], self.before.objects[address]
            if now.kind != want.kind or rules_of(now.kind).rename_turn != number:
                continue
            if address in self.apart or now.parent in self.apart:
                continue
            if now.name != want.name or (number == 1 and now.parent is None and now.schema != want.schema):
                yield address, (now, want)

    def _target(self, now: CatalogObject, name: str, schema: str | None) -> str:
        if now.parent is not None and now.parent in self.now.objects and rules_of(now.kind).rename_turn == 2:
            return f"{self.now.objects[now.parent].identity}.{quote_ident(name)}"
        head = qualified(now.schema, now.name)
        return qualified(schema, name) + now.identity.removeprefix(head)

    def _free(self, now: CatalogObject, identity: str) -> bool:
        return all(self._taken.get(slot, now.address) == now.address for slot in slots(now.kind, identity))

    def _give(self, now: CatalogObject, want: CatalogObject) -> None:
        moves = now.parent is None and now.schema != want.schema and want.schema is not None
        if moves and now.name != want.name and self._free(now, self._target(now, now.name, want.schema)):
            now = self._move(now, str(want.schema))
            moves = False
        if now.name != want.name:
            now = self._rename(now, want.name, "")
        if moves:
            self._move(now, str(want.schema))

    def _make_room(self, todo: dict[Address, tuple[CatalogObject, CatalogObject]]) -> None:
        for address, (now, want) in todo.items():
            for slot in slots(now.kind, self._target(now, want.name, want.schema)):
                holder = self._taken.get(slot)
                if holder is not None and holder != address and holder not in todo:
                    self._clear(self.now.objects[holder])
                    return
        address = next(iter(todo))
        now, want = todo[address]
        todo[address] = (self._rename(now, aside_name(now.name, "__swap"), "names are swapped"), want)

    def _clear(self, holder: CatalogObject) -> None:
        """Drop what holds a name that is wanted back, if it holds no rows and nothing uses it; else rename it."""
        rules = rules_of(holder.kind)
        used = any(user[:2] != holder.address[:2] for user in self.now.needed_by.get(holder.address, ()))
        if used or not rules.replaceable or rules.rename_turn != 1 or rules.dropped_with(holder, self._ctx) is not None:
            self._rename(holder, aside_name(holder.name), "it makes room")
            return
        for slot in slots(holder.kind, holder.identity):
            self._taken.pop(slot, None)
        label = f"{holder.kind.replace('_', ' ')} {holder.identity}"
        for step in rules.drop(holder, self._ctx):
            statement = Statement(
                sql=step.sql,
                kind=holder.kind,
                subject=holder.identity,
                action="drop",
                reason=step.reason,
                group=f"{label} was created",
            )
            self.planned.append(Planned(statement=statement, object=holder))

    def _rename(self, now: CatalogObject, name: str, reason: str) -> CatalogObject:
        steps = rules_of(now.kind).rename(now, name, self._ctx)
        return self._record(now, steps, reason, name=name, schema=now.schema)

    def _move(self, now: CatalogObject, schema: str) -> CatalogObject:
        return self._record(now, rules_of(now.kind).move(now, schema, self._ctx), "", name=now.name, schema=schema)

    def _record(
        self, now: CatalogObject, steps: list[Step], reason: str, *, name: str, schema: str | None
    ) -> CatalogObject:
        identity = self._target(now, name, schema)
        for slot in slots(now.kind, now.identity):
            if self._taken.get(slot) == now.address:
                del self._taken[slot]
        for slot in slots(now.kind, identity):
            self._taken[slot] = now.address
        label = f"{now.kind.replace('_', ' ')} {now.identity}"
        for step in steps:
            statement = Statement(
                sql=step.sql,
                kind=now.kind,
                subject=now.identity,
                action="rename",
                reason=step.reason or reason,
                group=f"{label} was renamed" if name != now.name else f"{label} was moved",
            )
            self.planned.append(Planned(statement=statement, object=now))
        return replace(now, name=name, schema=schema, identity=identity)


def missing_schemas(before: Snapshot, now: Snapshot) -> list[CatalogObject]:
    """Schemas that must exist before objects can move back into them."""
    pairs = [(before.objects[a], now.objects[a]) for a in now.objects.keys() & before.objects.keys()]
    needed = {want.schema for want, is_ in pairs if want.schema != is_.schema and want.parent is None}
    extended = {want.props["extension_schema"] for want, _ in pairs if want.kind == "extension"}
    there = {o.name for o in now.of_kind("schema")}
    return [s for s in before.of_kind("schema") if (s.name in needed or s.identity in extended) and s.name not in there]


def undo_schema_names(before: Snapshot, now: Snapshot, role: str, run: Callable[[list[Planned]], Snapshot]) -> Snapshot:
    """Give schemas their names back, which default privileges are granted by; the snapshot afterwards."""
    turn = Renaming(before, now, role, ())
    turn.turn(0)
    return run(turn.planned) if turn.planned else now


def undo_names(
    before: Snapshot,
    now: Snapshot,
    role: str,
    rebuilt: Collection[tuple[str, str]],
    run: Callable[[list[Planned]], Snapshot],
) -> tuple[Snapshot, dict[Address, Address], set[Address]]:
    """Give all names back but those of schemas, which have theirs, and put what is to be built anew aside.

    :param rebuilt: (kind, identity) in ``before`` of what is built anew.
    :param run: executes statements and returns the snapshot afterwards.
    :return: the snapshot afterwards; before -> now of what was put aside; addresses that went aside along with it.
    """
    aside: dict[Address, Address] = {}
    along: set[Address] = set()
    turn = Renaming(before, now, role, along)
    turn.planned += _schemas_first(before, now, role)
    turn.planned += _followed(before, now, role)
    turn.turn(1)
    if turn.planned:
        now = run(turn.planned)
    if rebuilt:
        turn = Renaming(before, now, role, along)
        for key in sorted(rebuilt):
            want, obj = before.by_identity.get(key), now.by_identity.get(key)
            if want is None or obj is None:
                continue
            turn.put_aside(obj, "the server cannot change it in place, so it is built anew")
            aside[want.address] = obj.address
            for sequence in _identity_sequences(obj, now):
                turn.put_aside(sequence, "")
                along.add(sequence.address)
        if turn.planned:
            now = run(turn.planned)
    turn = Renaming(before, now, role, {*aside.values(), *along})
    turn.turn(2)
    if turn.planned:
        now = run(turn.planned)
    return now, aside, along


def _schemas_first(before: Snapshot, now: Snapshot, role: str) -> list[Planned]:
    ctx = Context(before=before, now=now, role=role)
    result = []
    for schema in missing_schemas(before, now):
        for step in rules_of("schema").create(schema, ctx):
            statement = Statement(
                sql=step.sql,
                kind="schema",
                subject=schema.identity,
                action="create",
                group=f"schema {schema.identity} was dropped",
            )
            result.append(Planned(statement=statement, object=schema))
    return result


def _followed(before: Snapshot, now: Snapshot, role: str) -> list[Planned]:
    """Changes that names of other objects follow by themselves (the schema of an extension), and names of what is no object."""
    ctx = Context(before=before, now=now, role=role)
    result = []
    for address in sorted(now.objects.keys() & before.objects.keys()):
        obj, want = now.objects[address], before.objects[address]
        rules = rules_of(obj.kind)
        keys = changed_keys(obj, want) & rules.followed if rules.followed and obj.kind == want.kind else frozenset()
        steps = (rules.alter(obj, want, keys, ctx) or []) if keys else []
        if obj.kind == want.kind:
            steps = [*steps, *rules.rename_parts(obj, want, ctx)]
        for step in steps:
            label = f"{obj.kind.replace('_', ' ')} {obj.identity} changed"
            statement = Statement(
                sql=step.sql, kind=obj.kind, subject=obj.identity, action="alter", reason=step.reason, group=label
            )
            result.append(Planned(statement=statement, object=obj))
    return result


def _identity_sequences(table: CatalogObject, now: Snapshot) -> list[CatalogObject]:
    return [
        s
        for s in now.of_kind("sequence")
        if s.props["identity"] and any(a[:2] == table.address[:2] for a in now.needs.get(s.address, ()))
    ]
