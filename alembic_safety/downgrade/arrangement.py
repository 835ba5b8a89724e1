"""The order of a plan's statements: by what depends on what, with circles broken by parts made apart and by stand-ins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from alembic_safety.downgrade.kinds import rules_of
from alembic_safety.downgrade.order import CircleError, Needs, arrange
from alembic_safety.downgrade.pairing import slots
from alembic_safety.downgrade.write import parent_name
from alembic_safety.errors import SynthesisError
from alembic_safety.model.catalog import Address, CatalogObject

if TYPE_CHECKING:
    from alembic_safety.downgrade.plan import Node, Plan

_PHASES = {"drop": 0, "alter": 1, "create": 2, "complete": 3}


class Arrangement:
    """Puts the nodes of one plan in order; what has to be broken apart for that is noted in the plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def arranged(self) -> list[Node]:
        """All nodes in order; circles are broken by creating parts apart or by stand-ins.

        :raises SynthesisError: for a circle that nothing breaks.
        """
        for _ in range(50):
            nodes, needs = self._graph()
            try:
                return arrange(nodes, needs, self._key)
            except CircleError as error:
                if not self._break(error.circle, needs):
                    names = ", ".join(self._plan.object_of(node).identity for node in error.circle)
                    raise SynthesisError(f"these need each other in a circle: {names}", subject=names) from None
        raise SynthesisError("dependencies form circles without end")

    def _graph(self) -> tuple[set[Node], Needs[Node]]:
        ctx = self._plan.ctx
        drops = {a: self._plan.drop_node(a) for a in ctx.drops}
        creates = {a: self._plan.create_node(a) for a in ctx.creates}
        ctx.carried.clear()
        for base in sorted(creates):
            holder = self._plan.create_holder(base)
            if holder is not None:
                ctx.carried.setdefault(holder, []).append(ctx.before.objects[base])
        nodes: set[Node] = {*drops.values(), *creates.values(), *(("alter", a) for a in self._plan.altered)}
        needs: Needs[Node] = Needs()
        attributes = self._attributes(drops, creates)
        for dependent, referenced, _ in self._plan.edges_now:
            gone, goes = drops.get(dependent), drops.get(referenced)
            if goes is not None:
                if gone is not None:
                    needs.add(goes, gone, dependent)
                elif ctx.wanted.get(dependent) in self._plan.altered:
                    needs.add(goes, ("alter", ctx.wanted[dependent]), dependent)
            elif gone is not None and ctx.wanted.get(referenced) in self._plan.altered:
                needs.prefer(("alter", ctx.wanted[referenced]), gone)
            if gone is not None:
                for node in attributes.get(referenced, ()):
                    needs.prefer(node, gone)
        objects = ctx.before.objects
        for dependent, referenced, letter in self._plan.edges_before:
            made, first = creates.get(dependent), creates.get(referenced)
            if first is not None:
                if made is not None:
                    if rules_of(objects[dependent].kind).is_late(objects[dependent], objects[referenced], letter):
                        continue
                    needs.add(made, first, dependent)
                    if referenced in self._plan.stood_in:  # the stand-in is enough for those of the circle only
                        needs.prefer(made, ("complete", referenced))
                    if dependent in self._plan.stood_in and made == ("create", dependent):
                        del needs.hard[made][first]
                        needs.add(("complete", dependent), first, dependent)
                elif dependent in self._plan.altered:
                    needs.add(("alter", dependent), first, dependent)
            elif referenced in self._plan.altered:
                if made is not None:
                    needs.add(made, ("alter", referenced), dependent)
                elif dependent in self._plan.altered:
                    needs.prefer(("alter", dependent), ("alter", referenced))
        self._mentioned(creates, needs)
        for base in self._plan.stood_in:
            nodes.add(("complete", base))
            needs.add(("complete", base), ("create", base), base)
        for base, blockers in self._plan.blocked.items():
            for address in blockers:
                if base in self._plan.altered and address in drops:
                    needs.add(("alter", base), drops[address], base)
                    again = ctx.wanted.get(address)
                    if again in creates:
                        needs.add(creates[again], ("alter", base), base)
        taken = {slot: node for a, node in drops.items() for slot in self._slots(ctx.now.objects[a])}
        for base, node in creates.items():
            for slot in self._slots(ctx.before.objects[base]):
                if slot in taken:
                    needs.add(node, taken[slot], base)
        for base in self._plan.renamed:
            for slot in self._slots(ctx.before.objects[base]):
                if slot in taken:
                    needs.add(("alter", base), taken[slot], base)
        for base, address in ctx.aside.items():  # rows are copied before the old one goes
            if base in creates and address in drops:
                needs.hard.get(creates[base], {}).pop(drops[address], None)
                needs.add(drops[address], creates[base], base)
        return nodes, needs

    def _attributes(self, drops: Mapping[Address, Node], creates: Mapping[Address, Node]) -> dict[Address, list[Node]]:
        """By composite type of now that stays, what changes in it: the server refuses that as long as a column uses the type."""
        ctx = self._plan.ctx
        result: dict[Address, list[Node]] = {}
        changed: dict[Address, Node] = {base: ("alter", base) for base in self._plan.altered}
        for objects, nodes in ((ctx.now.objects, drops), (ctx.before.objects, creates), (ctx.before.objects, changed)):
            for address, node in nodes.items():
                obj = objects[address]
                if obj.kind == "attribute" and obj.parent is not None:
                    holder = obj.parent if objects is ctx.now.objects else ctx.present.get(obj.parent)
                    if holder is not None and holder not in drops:
                        result.setdefault(holder, []).append(node)
        return result

    def _mentioned(self, creates: Mapping[Address, Node], needs: Needs[Node]) -> None:
        """Make what a body written as a string names before it, where nothing speaks against that."""
        objects = self._plan.ctx.before.objects
        named: dict[str, list[Node]] = {}
        for base, node in creates.items():
            if objects[base].name and objects[base].parent is None:
                named.setdefault(objects[base].name, []).append(node)
        for base, made in [*creates.items(), *((base, ("alter", base)) for base in self._plan.altered)]:
            for word in rules_of(objects[base].kind).mentions(objects[base]):
                for first in named.get(word, ()):
                    needs.prefer(made, first)

    @staticmethod
    def _slots(obj: CatalogObject) -> Iterable[tuple[str, str]]:
        return slots(obj.kind, obj.identity)

    def _key(self, node: Node) -> tuple[Any, ...]:
        obj = self._plan.object_of(node)
        rank = rules_of(obj.kind).rank_of(obj)
        side = self._plan.ctx.now if node[0] == "drop" else self._plan.ctx.before
        above = parent_name(obj, side)
        return (_PHASES[node[0]], -rank if node[0] == "drop" else rank, above, obj.position, obj.identity)

    def _break(self, circle: list[Node], needs: Needs[Node]) -> bool:
        before, now = self._plan.ctx.before.objects, self._plan.ctx.now.objects
        for node, needed in zip(circle, [*circle[1:], circle[0]], strict=True):
            source = needs.why(node, needed)
            making = (
                node[0] == "create" and source in before and source != node[1] and source not in self._plan.detached
            )
            if making and rules_of(before[source].kind).detachable:
                self._plan.detached.add(source)
                return True
            going = node[0] == "drop" and source in self._plan.ctx.drops and source not in self._plan.dropped_apart
            if going and source != needed[1] and rules_of(now[source].kind).detachable:
                self._plan.dropped_apart.add(source)
                return True
        for node in circle:
            if node[0] == "create" and node[1] not in self._plan.stood_in:
                obj = before[node[1]]
                if rules_of(obj.kind).stand_in(obj, self._plan.ctx) is not None:
                    self._plan.stood_in.add(node[1])
                    return True
        return False
