"""Row security policies and extended statistics."""

from __future__ import annotations

from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.downgrade.kinds.operators import DefinedRules
from alembic_safety.model.catalog import CatalogObject
from alembic_safety.postgres.catalog import undrift
from alembic_safety.postgres.identifiers import quote_ident


class PolicyRules(Rules):
    """Row security policies."""

    rank: ClassVar[int] = 80
    detachable: ClassVar[bool] = True
    rename_turn: ClassVar[int | None] = 2

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``POLICY p ON public.orders``."""
        return f"POLICY {quote_ident(obj.name)} ON {ctx.parent(obj).identity}"

    def move(self, now: CatalogObject, schema: str, ctx: Context) -> list[Step]:
        """It follows its table."""
        return []

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it; what is the default is left out."""
        props = want.props
        sql = f"CREATE {self.spell(want, ctx)}"
        if not props["permissive"]:
            sql += " AS RESTRICTIVE"
        if props["command"] != "ALL":
            sql += f" FOR {props['command']}"
        if props["roles"] != ["PUBLIC"]:
            sql += f" TO {_roles(want, ctx)}"
        return [Step(sql + _conditions(want, frozenset({"using", "check"})))]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """ALTER POLICY, which can neither change its command nor take a condition away."""
        if changed & {"command", "permissive"} or any(want.props[key] is None for key in changed):
            return None
        roles = f" TO {_roles(want, ctx)}" if "roles" in changed else ""
        return [Step(f"ALTER {self.spell(want, ctx)}{roles}{_conditions(want, changed)}")]


def _roles(want: CatalogObject, ctx: Context) -> str:
    me = quote_ident(ctx.role)
    return ", ".join("CURRENT_USER" if role == me else role for role in want.props["roles"])


def _conditions(want: CatalogObject, keys: frozenset[str]) -> str:
    sql = ""
    for key, words in (("using", "USING"), ("check", "WITH CHECK")):
        if key in keys and want.props[key] is not None:
            sql += f" {words} ({undrift(want.props[key])})"
    return sql


class StatisticsRules(DefinedRules):
    """Extended statistics objects."""

    rank: ClassVar[int] = 75

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it with its target."""
        steps = super().create(want, ctx)
        return [*steps, self._target(want, ctx)] if want.props["statistics_target"] is not None else steps

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Only its target can change."""
        return [self._target(want, ctx)] if changed == {"statistics_target"} else None

    def _target(self, want: CatalogObject, ctx: Context) -> Step:
        target = want.props["statistics_target"]
        return Step(f"ALTER {self.spell(want, ctx)} SET STATISTICS {-1 if target is None else target}")
