"""Indexes: of tables and materialized views, behind constraints, and of partitions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.downgrade.kinds.options import change
from alembic_safety.downgrade.kinds.relations import hangs_differently, linked_above, side_of, standalone
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.postgres.catalog import undrift, without_storage_parameters
from alembic_safety.postgres.identifiers import quote_ident


class IndexRules(Rules):
    """Indexes."""

    rank: ClassVar[int] = 50

    def created_with(self, want: CatalogObject, ctx: Context) -> Address | None:
        """The constraint that it backs, or the index above that makes it."""
        if want.props["constraint"]:
            found = _constraint(want, ctx)
            if found is not None:
                return found.address
        if want.props["attached_to"]:
            table = ctx.parent(want)
            if ctx.is_created(table):
                return None if standalone(table, ctx) else table.address
            other = linked_above(want, ctx.before)
            if other is not None and not ctx.level(other) and other.props["valid"]:
                return other.address
        return None

    def dropped_with(self, now: CatalogObject, ctx: Context) -> Address | None:
        """The constraint that it backs, or the index above that it is attached to."""
        if now.props["constraint"]:
            found = _constraint(now, ctx)
            if found is not None:
                return found.address
        if now.props["attached_to"]:
            table = ctx.parent(now)
            if ctx.is_dropped(table) or not hangs_differently(table, ctx):
                other = linked_above(now, ctx.now)
                return other.address if other is not None else None
        return None

    def is_late(self, obj: CatalogObject, referenced: CatalogObject, deptype: str) -> bool:
        """It is attached at the end."""
        return deptype in ("P", "S")

    def culprits(self, obj: CatalogObject, ctx: Context) -> Iterable[CatalogObject]:
        """Names of attached indexes are chosen by the server unless the index above is made without them."""
        other = linked_above(obj, side_of(obj, ctx)) if obj.props["attached_to"] else None
        return (other,) if other is not None else ()

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """CREATE INDEX, with its statistics targets."""
        definition = undrift(str(want.props["definition"]))
        table = ctx.parent(want)
        if table.props.get("partition_key") and not ctx.level(want) and want.props["valid"]:
            definition = definition.replace(f" ON ONLY {table.identity} ", f" ON {table.identity} ", 1)
        if want.props["tablespace"]:
            place = definition.find(" WHERE ")
            clause = f" TABLESPACE {quote_ident(want.props['tablespace'])}"
            definition = definition + clause if place < 0 else definition[:place] + clause + definition[place:]
        steps = [Step(definition)]
        steps += [Step(sql) for sql in _targets(want, [])]
        if want.props["attached_to"]:
            steps.append(attach(want))
        return steps

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Options, tablespace, statistics targets; attaching. The rest makes another index."""
        have, wish = now.props, want.props
        steps: list[Step] = []
        left = set(changed) - {"columns"}
        if now.name != want.name:
            if (
                str(have["definition"]).replace(f" {quote_ident(now.name)} ON ", f" {quote_ident(want.name)} ON ", 1)
                == wish["definition"]
            ):
                left.discard("definition")
            if have["constraint"] and wish["constraint"]:
                left.discard("constraint")
        if "attached_to" in left:
            table = ctx.parent(now)
            if hangs_differently(table, ctx):
                pass
            elif have["attached_to"] is None:
                steps.append(attach(want))
            else:
                return None
            left.discard("attached_to")
        if "options" in left and without_storage_parameters(str(have["definition"])) == without_storage_parameters(
            str(wish["definition"])
        ):
            steps += [Step(sql) for sql in change(f"INDEX {want.identity}", have["options"], wish["options"])]
            left -= {"options", "definition"}
        if "tablespace" in left:
            steps.append(
                Step(f"ALTER INDEX {want.identity} SET TABLESPACE {quote_ident(wish['tablespace'] or 'pg_default')}")
            )
            left.discard("tablespace")
        if "statistics_targets" in left:
            steps += [Step(sql) for sql in _targets(want, have["statistics_targets"] or [])]
            left.discard("statistics_targets")
        if left == {"valid"} and wish["valid"] and ctx.parent(now).props.get("partition_key"):
            left.clear()  # becomes valid when the last partition's index is attached
        return None if left else steps


def _constraint(index: CatalogObject, ctx: Context) -> CatalogObject | None:
    side = side_of(index, ctx)
    for child in side.children.get(index.parent, ()) if index.parent is not None else ():
        if child.kind == "constraint" and child.name == index.props["constraint"]:
            return child
    return None


def attach(want: CatalogObject) -> Step:
    """Make it a part of the index above."""
    return Step(f"ALTER INDEX {want.props['attached_to']} ATTACH PARTITION {want.identity}", late=True)


def _targets(want: CatalogObject, now: list[list[int]]) -> list[str]:
    have: dict[int, int] = {number: target for number, target in now}  # noqa: C416 - lists of two, as JSON has them
    wish: dict[int, int] = {number: target for number, target in want.props["statistics_targets"] or []}  # noqa: C416
    return [
        f"ALTER INDEX {want.identity} ALTER COLUMN {number} SET STATISTICS {wish.get(number, -1)}"
        for number in sorted(have.keys() | wish.keys())
        if have.get(number) != wish.get(number)
    ]
