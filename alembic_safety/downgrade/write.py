"""The statements of a plan that is decided: what each node is in SQL, in which order, under which heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_safety.downgrade.kinds import rules_of
from alembic_safety.downgrade.kinds.base import Step
from alembic_safety.downgrade.kinds.facts import facts
from alembic_safety.downgrade.members import changes_extensions, member_grants
from alembic_safety.downgrade.statement import Statement
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.snapshot import Snapshot

if TYPE_CHECKING:
    from alembic_safety.downgrade.plan import Node, Plan


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A statement of a plan with the object of ``now`` or ``before`` that it is about."""

    statement: Statement
    object: CatalogObject


class Writer:
    """Writes one plan."""

    def __init__(self, plan: Plan, nodes: Sequence[Node]) -> None:
        """:param nodes: of the plan, in order."""
        self._plan = plan
        self._nodes = nodes

    def write(self) -> list[Planned]:
        """The statements in the order in which they are to run."""
        early: list[Planned] = []
        main: list[Planned] = []
        late: list[Planned] = []
        for node in self._nodes:
            for step in self._steps(node):
                place = early if step.early else late if step.late else main
                place.append(self._planned(node, step))
        return [*early, *main, *late, *self._facts(), *self._member_grants()]

    def _member_grants(self) -> list[Planned]:
        """Grants on what belongs to extensions, once the extensions are the wanted ones (a second round sees to the rest)."""
        ctx = self._plan.ctx
        if changes_extensions(
            [*(ctx.before.objects[a] for a in ctx.creates), *(ctx.now.objects[a] for a in ctx.drops)]
        ):
            return []
        result = []
        for one in member_grants(ctx.before, ctx.now, ctx.role):
            obj = CatalogObject(kind=one.kind, address=Address("", 0), identity=one.identity, name="")
            label = f"{one.kind.replace('_', ' ')} {one.identity} changed"
            result += [_planned(obj, Step(sql), "facts", "", label) for sql in one.statements]
        return result

    def _steps(self, node: Node) -> list[Step]:
        ctx = self._plan.ctx
        obj = self._plan.object_of(node)
        rules = rules_of(obj.kind)
        if node[0] == "drop":
            return rules.drop(obj, ctx)
        if node[0] == "complete":
            return rules.complete(obj, ctx)
        if node[0] == "create":
            if node[1] in self._plan.stood_in:
                return rules.stand_in(obj, ctx) or []
            return rules.create(obj, ctx)
        now = ctx.now.objects[ctx.present[node[1]]]
        steps = rules.rename(now, obj.name, ctx) if node[1] in self._plan.renamed else []
        return (
            [*steps, *(rules.alter(now, obj, self._plan.changed[node[1]], ctx) or [])]
            if self._plan.changed[node[1]]
            else steps
        )

    def _planned(self, node: Node, step: Step) -> Planned:
        obj = self._plan.object_of(node)
        action = {"complete": "create"}.get(node[0], node[0])
        reason = step.reason
        if not reason and node[0] == "drop" and node[1] in self._plan.ctx.wanted:
            reason = self._plan.because.get(self._plan.ctx.wanted[node[1]], "")
        return _planned(obj, step, action, reason, self._group(node, obj))

    def _group(self, node: Node, obj: CatalogObject) -> str:
        label = f"{obj.kind.replace('_', ' ')} {obj.identity}"
        if node[0] == "drop":
            return f"{label} changed" if node[1] in self._plan.ctx.wanted else f"{label} was created"
        if node[0] == "alter" or node[1] in self._plan.replaced:
            return f"{label} changed"
        return f"{label} was dropped"

    def _facts(self) -> list[Planned]:
        ctx = self._plan.ctx
        result: list[Planned] = []

        def place(base: Address) -> tuple[Any, ...]:
            obj = ctx.before.objects[base]
            above = parent_name(obj, ctx.before)
            return (rules_of(obj.kind).rank_of(obj), above, obj.position, obj.identity)

        concerned = set(ctx.creates)
        for address, base in ctx.wanted.items():
            now, want = ctx.now.objects[address], ctx.before.objects[base]
            if (now.owner, now.acl, now.comment, now.labels) != (want.owner, want.acl, want.comment, want.labels):
                concerned.add(base)
        for base in sorted(concerned, key=place):
            want = ctx.before.objects[base]
            current = None if base in ctx.creates else ctx.now.objects[ctx.present[base]]
            label = f"{want.kind.replace('_', ' ')} {want.identity}"
            group = f"{label} was dropped" if current is None else f"{label} changed"
            result += [_planned(want, step, "facts", step.reason, group) for step in facts(current, want, ctx)]
        return result


def parent_name(obj: CatalogObject, side: Snapshot) -> str:
    """The identity of what an object hangs on; '' for none."""
    above = side.objects.get(obj.parent) if obj.parent is not None else None
    return above.identity if above is not None else ""


def _planned(obj: CatalogObject, step: Step, action: str, reason: str, group: str) -> Planned:
    statement = Statement(sql=step.sql, kind=obj.kind, subject=obj.identity, action=action, reason=reason, group=group)
    return Planned(statement=statement, object=obj)
