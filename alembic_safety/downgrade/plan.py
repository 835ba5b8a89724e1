"""From two snapshots to an ordered list of statements, one attempt: decide, close over dependants, write, arrange.

The planner knows no kind of object; it asks ``kinds.RULES``. Whether the list does what it should is seen on the workbench.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from alembic_safety.downgrade.arrangement import Arrangement
from alembic_safety.downgrade.kinds import rules_of
from alembic_safety.downgrade.kinds.base import Context
from alembic_safety.downgrade.pairing import changed_keys, edges_of, pair
from alembic_safety.downgrade.write import Planned, Writer
from alembic_safety.model.catalog import Address, CatalogObject, Edge
from alembic_safety.model.snapshot import Snapshot

#: ("drop", address of now) | ("alter" | "create" | "complete", address of before)
Node = tuple[str, Address]
_WITH = frozenset("aiPS")  # letters of pg_depend by which a dependant goes when what it needs is dropped


class TooLowError(Exception):
    """An object must be treated at a higher level before a plan can be made."""

    def __init__(self, obj: CatalogObject, level: int, reason: str) -> None:
        super().__init__(f"{obj.kind} {obj.identity}: {reason}")
        self.object = obj
        self.level = level
        self.reason = reason


@dataclass
class Plan:
    """One attempt. Build with :func:`make_plan`."""

    ctx: Context
    #: before -> keys that differ, of pairs.
    changed: dict[Address, frozenset[str]] = field(default_factory=dict)
    #: Pairs (addresses of before) that are dropped and created again.
    replaced: set[Address] = field(default_factory=set)
    #: Why they are: address -> words.
    because: dict[Address, str] = field(default_factory=dict)
    #: before -> what of now must go before it can be altered.
    blocked: dict[Address, list[Address]] = field(default_factory=dict)
    #: Pairs that are altered in place.
    altered: set[Address] = field(default_factory=set)
    #: Pairs whose name differs still: the same thing was made again under another name.
    renamed: set[Address] = field(default_factory=set)
    #: Objects of before that are created by themselves although another's CREATE could make them.
    detached: set[Address] = field(default_factory=set)
    #: Objects of now that are dropped by themselves although another's DROP could take them along.
    dropped_apart: set[Address] = field(default_factory=set)
    #: Objects of before that a stand-in precedes.
    stood_in: set[Address] = field(default_factory=set)
    edges_now: list[Edge] = field(default_factory=list)
    edges_before: list[Edge] = field(default_factory=list)
    #: Edges by what they refer to / by what depends.
    users_now: dict[Address, list[Edge]] = field(default_factory=dict)
    users_before: dict[Address, list[Edge]] = field(default_factory=dict)
    uses_now: dict[Address, list[Edge]] = field(default_factory=dict)

    # -- deciding -----------------------------------------------------------------------------------------------------
    def decide(self) -> None:
        """What is dropped, created, altered and replaced, closed over dependants."""
        ctx = self.ctx
        ctx.drops.update(a for a in ctx.now.objects if a not in ctx.wanted)
        ctx.creates.update(a for a in ctx.before.objects if a not in ctx.present)
        queue = list(ctx.drops)
        for address, base in ctx.wanted.items():
            now, want = ctx.now.objects[address], ctx.before.objects[base]
            keys = changed_keys(now, want)
            if keys:
                self.changed[base] = keys
        for base in sorted(self.changed):
            self._judge(base, queue)
        for base, address in ctx.present.items():
            known = base in self.replaced or base in self.changed
            if not known and ctx.level(ctx.before.objects[base]) == 1 and self._may_replace(base):
                self._replace(address, "it stands in the way", queue)
        while queue:
            self._close(queue.pop(), queue)
            if not queue:
                self._lost_footing(queue)

    def _judge(self, base: Address, queue: list[Address]) -> None:
        if base in self.replaced:
            return  # another change needs that
        ctx = self.ctx
        want = ctx.before.objects[base]
        now = ctx.now.objects[ctx.present[base]]
        rules = rules_of(want.kind)
        keys = self.changed[base]
        if now.name != want.name and now.schema == want.schema and rules.rename_turn is not None:
            self.renamed.add(base)
            keys = self.changed[base] = keys - {"identity"}
            if not keys:
                self.altered.add(base)
                return
        surer = ctx.level(want) >= 1 and rules.may_replace(now, want)
        if not surer and rules.alter(now, want, keys, ctx) is not None:
            self.altered.add(base)
            self.blocked[base] = [a for a in rules.blockers(now, want, keys, ctx) if a in ctx.now.objects]
            for address in self.blocked[base]:
                self._replace(address, f"{want.kind} {want.identity} changes", queue)
            return
        self._replace(now.address, "", queue)

    def _replace(self, address: Address, why: str, queue: list[Address], *, with_parent: bool = False) -> None:
        """Drop an object of now; create it again if it is wanted."""
        ctx = self.ctx
        base = ctx.wanted.get(address)
        if base is None or base in self.replaced:
            return
        want, now = ctx.before.objects[base], ctx.now.objects[address]
        rules = rules_of(want.kind)
        holder = rules.dropped_with(now, ctx)
        if holder is not None and holder in ctx.wanted and ctx.wanted[holder] not in self.replaced:
            self._replace(holder, why, queue)
        if not with_parent and not rules.may_replace(now, want):
            raise TooLowError(want, 2, why or "it cannot be changed in place")
        self.replaced.add(base)
        self.because.setdefault(base, why)
        self.altered.discard(base)
        self.renamed.discard(base)
        ctx.drops.add(address)
        ctx.creates.add(base)
        queue.append(address)

    def _close(self, gone: Address, queue: list[Address]) -> None:
        """Decide what becomes of everything that depends on something that goes."""
        ctx = self.ctx
        base_gone = ctx.wanted.get(gone)
        for edge in self.users_now.get(gone, ()):
            user = edge.dependent
            base = ctx.wanted.get(user)
            if base is None or base in self.replaced:
                continue
            want = ctx.before.objects[base]
            why = f"it depends on {ctx.now.objects[gone].kind} {ctx.now.objects[gone].identity}"
            if ctx.now.objects[user].parent == gone:
                self._replace(user, "", queue, with_parent=True)
            elif base_gone is None:
                if base not in self.altered and self._may_replace(base):
                    self._replace(user, why, queue)
            elif base in self.altered and not self._needed_before(base, base_gone):
                continue  # its own change cuts the tie
            elif self._may_replace(base):
                self._replace(user, why, queue)
            else:
                raise TooLowError(ctx.before.objects[base_gone], 2, f"{want.kind} {want.identity} uses it")

    def _needed_before(self, user: Address, needed: Address) -> bool:
        return any(edge.dependent == user for edge in self.users_before.get(needed, ()))

    def _lost_footing(self, queue: list[Address]) -> None:
        """Survivors that must lean on something that is created only now were re-pointed unseen: make them anew."""
        ctx = self.ctx
        for base in sorted(ctx.creates - ctx.present.keys()):
            for edge in self.users_before.get(base, ()):
                user = ctx.present.get(edge.dependent)
                if user is None or edge.dependent in self.replaced or edge.dependent in self.altered:
                    continue
                if edge.deptype == "n" and self._may_replace(edge.dependent):
                    self._replace(user, f"it depends on {ctx.before.objects[base].identity}", queue)

    def _may_replace(self, base: Address) -> bool:
        want = self.ctx.before.objects[base]
        return rules_of(want.kind).may_replace(self.ctx.now.objects[self.ctx.present[base]], want)

    # -- who carries whom -----------------------------------------------------------------------------------------------
    def drop_node(self, address: Address) -> Node:
        """The node whose DROP takes an object of now away."""
        seen = {address}
        while True:
            holder = self._drop_holder(address)
            if holder is None or holder in seen:
                return ("drop", address)
            if holder not in self.ctx.drops:
                return ("alter", self.ctx.wanted[holder])
            seen.add(holder)
            address = holder

    def _drop_holder(self, address: Address) -> Address | None:
        ctx = self.ctx
        now = ctx.now.objects[address]
        if address in self.dropped_apart:
            for edge in self.uses_now.get(address, ()):  # a clone goes with what it was cloned from, so that goes apart
                if (
                    edge.deptype in "iPS"
                    and edge.referenced in ctx.drops
                    and ctx.now.objects[edge.referenced].kind == now.kind
                ):
                    self.dropped_apart.add(edge.referenced)
                    return edge.referenced
            return None
        if now.parent is not None and now.parent in ctx.drops:
            return now.parent
        holder = rules_of(now.kind).dropped_with(now, ctx)
        if holder is not None:
            rides = rules_of(now.kind).rides_on_alter and ctx.wanted.get(holder) in self.altered
            if holder in ctx.drops or rides:
                return holder
        if address in ctx.wanted:
            return None
        held = [
            e.referenced for e in self.uses_now.get(address, ()) if e.deptype in _WITH and e.referenced in ctx.drops
        ]
        return min(held, default=None)

    def create_node(self, base: Address) -> Node:
        """The node whose CREATE makes an object of before."""
        seen = {base}
        while True:
            holder = self.create_holder(base)
            if holder is None or holder in seen:
                return ("create", base)
            if holder not in self.ctx.creates:
                return ("alter", holder)
            seen.add(holder)
            base = holder

    def create_holder(self, base: Address) -> Address | None:
        """What makes an object of before along with itself; None where nothing does."""
        if base in self.detached:
            return None
        want = self.ctx.before.objects[base]
        holder = rules_of(want.kind).created_with(want, self.ctx)
        rides = rules_of(want.kind).rides_on_alter and holder in self.altered
        return holder if holder is not None and (holder in self.ctx.creates or rides) else None

    def object_of(self, node: Node) -> CatalogObject:
        """What a node is about: an object of now where it is dropped, else of before."""
        return (self.ctx.now if node[0] == "drop" else self.ctx.before).objects[node[1]]


def make_plan(
    before: Snapshot,
    now: Snapshot,
    *,
    role: str,
    levels: Mapping[tuple[str, str], int],
    aside: Mapping[Address, Address],
    only: Callable[[str], bool] | None = None,
    apart: Collection[Address] = (),
) -> list[Planned]:
    """One attempt at the statements that turn ``now`` into ``before``.

    :param levels: how far each (kind, identity) has been escalated.
    :param aside: before -> now of objects that were renamed aside to be built anew.
    :param only: which kinds to look at; everything else counts as it is.
    :raises TooLowError: where an object must be escalated first.
    :raises SynthesisError: where no plan can be made.
    """
    if only is not None:
        keep = {a for a, o in now.objects.items() if only(o.kind)}
        keep |= {a for a, o in before.objects.items() if only(o.kind) and _has_footing(a, before, now)}
        before = _restricted(before, keep)
        now = _restricted(now, keep)
    wanted = pair(before, now, {*aside.values(), *apart})
    ctx = Context(
        before=before,
        now=now,
        role=role,
        wanted=wanted,
        present={b: n for n, b in wanted.items()},
        levels=dict(levels),
        aside=dict(aside),
    )
    plan = Plan(ctx=ctx, edges_now=now.once(_edges), edges_before=before.once(_edges))
    for edge in plan.edges_now:
        plan.users_now.setdefault(edge.referenced, []).append(edge)
        plan.uses_now.setdefault(edge.dependent, []).append(edge)
    for edge in plan.edges_before:
        plan.users_before.setdefault(edge.referenced, []).append(edge)
    plan.decide()
    return Writer(plan, Arrangement(plan).arranged()).write()


def _edges(side: Snapshot) -> list[Edge]:
    edges = edges_of(side)
    for obj in side.objects.values():
        edges += [Edge(obj.address, needed, "n") for needed in rules_of(obj.kind).also_needs(obj, side)]
    return edges


def _has_footing(address: Address, before: Snapshot, now: Snapshot) -> bool:
    """Whether everything that an object needs is there already."""
    needed = (before.objects[a] for a in before.needs.get(address, ()) if a in before.objects)
    return all(o.address in now.objects or (o.kind, o.identity) in now.by_identity for o in needed)


def _restricted(side: Snapshot, keep: Collection[Address]) -> Snapshot:
    return Snapshot(
        server_version=side.server_version,
        objects={a: o for a, o in side.objects.items() if a in keep},
        edges=frozenset(),
    )
