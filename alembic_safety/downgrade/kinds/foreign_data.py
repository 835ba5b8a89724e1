"""Foreign data wrappers, servers and user mappings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.model.catalog import CatalogObject
from alembic_safety.postgres.identifiers import quote_ident, quote_literal


def options_clause(options: Sequence[str] | None) -> str:
    """``OPTIONS (name 'value', …)`` from ``name=value`` items; '' where there are none."""
    if not options:
        return ""
    pairs = (option.partition("=") for option in options)
    return f"OPTIONS ({', '.join(f'{quote_ident(name)} {quote_literal(value)}' for name, _, value in pairs)})"


def options_change(now: Sequence[str] | None, want: Sequence[str] | None) -> str:
    """``OPTIONS (SET …, DROP …, ADD …)`` from one list to the other, order included; '' where nothing differs."""
    have = dict(option.split("=", 1) for option in now or ())
    wish = dict(option.split("=", 1) for option in want or ())
    if list(have.items()) == list(wish.items()):
        return ""
    kept = [name for name in have if name in wish]
    if list(wish)[: len(kept)] != kept:  # what stays must come first, in its order; else start from nothing
        kept = []
    parts = [f"DROP {quote_ident(name)}" for name in have if name not in kept]
    parts += [f"SET {quote_ident(name)} {quote_literal(wish[name])}" for name in kept if wish[name] != have[name]]
    parts += [f"ADD {quote_ident(name)} {quote_literal(value)}" for name, value in wish.items() if name not in kept]
    return f"OPTIONS ({', '.join(parts)})"


def _spaced(clause: str) -> str:
    return f" {clause}" if clause else ""


class ForeignDataWrapperRules(Rules):
    """Foreign data wrappers."""

    rank: ClassVar[int] = 21

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it with its functions and options."""
        functions = "".join(f" {key.upper()} {want.props[key]}" for key in ("handler", "validator") if want.props[key])
        return [Step(f"CREATE {self.spell(want, ctx)}{functions}{_spaced(options_clause(want.props['options']))}")]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Everything about it can change."""
        sql = f"ALTER {self.spell(want, ctx)}"
        for key in ("handler", "validator"):
            if key in changed:
                sql += f" {key.upper()} {want.props[key]}" if want.props[key] else f" NO {key.upper()}"
        return [Step(sql + _spaced(options_change(now.props["options"], want.props["options"])))]


class ServerRules(Rules):
    """Foreign servers."""

    rank: ClassVar[int] = 22

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it with its options."""
        props = want.props
        sql = f"CREATE {self.spell(want, ctx)}"
        if props["server_type"] is not None:
            sql += f" TYPE {quote_literal(props['server_type'])}"
        if props["version"] is not None:
            sql += f" VERSION {quote_literal(props['version'])}"
        return [Step(f"{sql} FOREIGN DATA WRAPPER {props['wrapper']}{_spaced(options_clause(props['options']))}")]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Version and options can change, but a version can't be taken away."""
        if changed & {"server_type", "wrapper"}:
            return None
        sql = f"ALTER {self.spell(want, ctx)}"
        if "version" in changed:
            version = want.props["version"]
            sql += f" VERSION {'NULL' if version is None else quote_literal(version)}"
        return [Step(sql + _spaced(options_change(now.props["options"], want.props["options"])))]


class UserMappingRules(Rules):
    """User mappings."""

    rank: ClassVar[int] = 23
    rename_turn: ClassVar[int | None] = None

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``USER MAPPING FOR role SERVER server``."""
        role = "CURRENT_USER" if obj.props["role"] == quote_ident(ctx.role) else obj.props["role"]
        return f"USER MAPPING FOR {role} SERVER {obj.props['server']}"

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it with its options."""
        return [Step(f"CREATE {self.spell(want, ctx)}{_spaced(options_clause(want.props['options']))}")]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Its options can change."""
        if changed != {"options"}:
            return None
        change = options_change(now.props["options"], want.props["options"])
        return [Step(f"ALTER {self.spell(want, ctx)} {change}")]
