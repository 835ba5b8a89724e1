"""Triggers, rules and event triggers: what runs by itself, and whether it is switched on."""

from __future__ import annotations

from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.postgres.catalog import undrift
from alembic_safety.postgres.identifiers import quote_ident, quote_literal

_ENABLE = {"origin": "ENABLE", "disabled": "DISABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS"}


class TriggerRules(Rules):
    """Triggers of tables and views; those of a partition come and go with the trigger of its parent."""

    rank: ClassVar[int] = 80
    detachable: ClassVar[bool] = True
    rename_turn: ClassVar[int | None] = 2

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``TRIGGER t ON public.orders``."""
        return f"TRIGGER {quote_ident(obj.name)} ON {ctx.parent(obj).identity}"

    def rename(self, now: CatalogObject, name: str, ctx: Context) -> list[Step]:
        """Rename it; clones on partitions follow."""
        return [] if now.props["has_parent"] else super().rename(now, name, ctx)

    def move(self, now: CatalogObject, schema: str, ctx: Context) -> list[Step]:
        """It follows its table."""
        return []

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it and switch it as it was; a clone was created by its parent's trigger or by ATTACH."""
        steps = [] if want.props["has_parent"] else [Step(undrift(want.props["definition"]))]
        return [*steps, *_switch(want, ctx)] if want.props["enabled"] != "origin" else steps

    def drop(self, now: CatalogObject, ctx: Context) -> list[Step]:
        """Drop it; a clone goes with its parent's trigger or by DETACH."""
        return [] if now.props["has_parent"] else super().drop(now, ctx)

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Switch it; replace it where the server can (not constraint triggers)."""
        if "has_parent" in changed:
            return None
        if "definition" not in changed:
            return _switch(want, ctx)
        definition = undrift(want.props["definition"])
        if want.props["has_parent"]:
            return _switch(want, ctx) if want.props["enabled"] != "origin" else []
        if not definition.startswith("CREATE TRIGGER ") or not now.props["definition"].startswith("CREATE TRIGGER "):
            return None
        steps = [Step("CREATE OR REPLACE" + definition.removeprefix("CREATE"))]
        return [*steps, *_switch(want, ctx)] if want.props["enabled"] != "origin" else steps

    def created_with(self, want: CatalogObject, ctx: Context) -> Address | None:
        """The trigger of the parent that a clone belongs to."""
        if not want.props["has_parent"]:
            return None
        above = ctx.before.by_identity.get(("table", ctx.parent(want).props.get("partition_of") or ""))
        for trigger in ctx.before.children.get(above.address, []) if above else []:
            if trigger.kind == "trigger" and trigger.name == want.name:
                return trigger.address
        return None


def _switch(want: CatalogObject, ctx: Context) -> list[Step]:
    verb = _ENABLE[want.props["enabled"]]
    parent = ctx.parent(want)
    words = "ALTER FOREIGN TABLE" if parent.kind == "foreign_table" else "ALTER TABLE ONLY"
    return [Step(f"{words} {parent.identity} {verb} {want.kind.upper()} {quote_ident(want.name)}", late=True)]


class RuleRules(Rules):
    """Rewrite rules other than those that make a view."""

    rank: ClassVar[int] = 80
    detachable: ClassVar[bool] = True
    rename_turn: ClassVar[int | None] = 2

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``RULE r ON public.orders``."""
        return f"RULE {quote_ident(obj.name)} ON {ctx.parent(obj).identity}"

    def move(self, now: CatalogObject, schema: str, ctx: Context) -> list[Step]:
        """It follows its table."""
        return []

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it and switch it as it was."""
        steps = [Step(_without_semicolon(want))]
        return [*steps, *_switch(want, ctx)] if want.props["enabled"] != "origin" else steps

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Replace it in place, switch it."""
        steps = []
        if "definition" in changed:
            steps.append(Step(_without_semicolon(want).replace("CREATE RULE", "CREATE OR REPLACE RULE", 1)))
        if "enabled" in changed:
            steps += _switch(want, ctx)
        return steps


def _without_semicolon(rule: CatalogObject) -> str:
    return undrift(str(rule.props["definition"]).rstrip().removesuffix(";"))


class EventTriggerRules(Rules):
    """Event triggers: dropped first and created last, for they see what the other statements do."""

    rank: ClassVar[int] = 99

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it and switch it as it was."""
        props = want.props
        tags = ", ".join(quote_literal(tag) for tag in props["tags"] or ())
        when = f" WHEN TAG IN ({tags})" if tags else ""
        sql = f"CREATE {self.spell(want, ctx)} ON {props['event']}{when} EXECUTE FUNCTION {props['function']}()"
        return [Step(sql, late=True), *(self._switch(want, ctx) if props["enabled"] != "origin" else [])]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Switch it; anything else makes another event trigger."""
        return self._switch(want, ctx) if changed == {"enabled"} else None

    def _switch(self, want: CatalogObject, ctx: Context) -> list[Step]:
        return [Step(f"ALTER {self.spell(want, ctx)} {_ENABLE[want.props['enabled']]}", late=True)]
