"""Text search objects, collations and conversions."""

from __future__ import annotations

import re
from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.downgrade.kinds.operators import DefinedRules
from alembic_safety.model.catalog import CatalogObject
from alembic_safety.postgres.identifiers import quote_ident

_OPTION = re.compile(r"""\s*("(?:[^"]|"")+"|[^\s=,"]+)\s*=\s*(E?'(?:[^'\\]|''|\\.)*'|[^,]+?)\s*(?:,|\Z)""", re.DOTALL)


class CollationRules(DefinedRules):
    """Collations."""

    rank: ClassVar[int] = 10
    rebuildable: ClassVar[bool] = True


class ConversionRules(DefinedRules):
    """Encoding conversions."""


class TsParserRules(DefinedRules):
    """Text search parsers."""

    rank: ClassVar[int] = 30


class TsTemplateRules(DefinedRules):
    """Text search templates."""

    rank: ClassVar[int] = 30


class TsDictionaryRules(Rules):
    """Text search dictionaries."""

    rank: ClassVar[int] = 31

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it from its template and options."""
        options = f", {want.props['options']}" if want.props["options"] else ""
        return [Step(f"CREATE {self.spell(want, ctx)} (TEMPLATE = {want.props['template']}{options})")]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Set and remove single options; another template needs another dictionary."""
        if changed != {"options"}:
            return None
        have, wish = (dict(_OPTION.findall(side.props["options"] or "")) for side in (now, want))
        parts = [name for name in have if name not in wish]
        parts += [f"{name} = {value}" for name, value in wish.items() if have.get(name) != value]
        if list(wish) != [name for name in have if name in wish] + [name for name in wish if name not in have]:
            parts = [name for name in have if name not in wish] + [f"{name} = {value}" for name, value in wish.items()]
        return [Step(f"ALTER {self.spell(want, ctx)} ({', '.join(parts)})")]


class TsConfigurationRules(Rules):
    """Text search configurations."""

    rank: ClassVar[int] = 32

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it empty, then map its kinds of token."""
        name = self.spell(want, ctx)
        steps = [Step(f"CREATE {name} (PARSER = {want.props['parser']})")]
        steps += [_map("ADD", name, token, dictionaries) for token, dictionaries in want.props["mappings"]]
        return steps

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Change single mappings; another parser needs another configuration."""
        if changed != {"mappings"}:
            return None
        name = self.spell(want, ctx)
        have, wish = (dict(side.props["mappings"]) for side in (now, want))
        steps = [Step(f"ALTER {name} DROP MAPPING FOR {quote_ident(token)}") for token in have if token not in wish]
        for token, dictionaries in wish.items():
            if have.get(token) != dictionaries:
                steps.append(_map("ALTER" if token in have else "ADD", name, token, dictionaries))
        return steps


def _map(verb: str, name: str, token: str, dictionaries: list[str]) -> Step:
    return Step(f"ALTER {name} {verb} MAPPING FOR {quote_ident(token)} WITH {', '.join(dictionaries)}")
