"""Operators, operator families and classes, and casts."""

from __future__ import annotations

import re
from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.model.catalog import CatalogObject
from alembic_safety.postgres.catalog import undrift
from alembic_safety.postgres.identifiers import quote_ident

_MEMBER = re.compile(
    r"(?P<kind>OPERATOR|FUNCTION) (?P<number>\d+) (?P<types>\([^)]*\))?[^(]*(?P<arguments>\(.*?\))(?: FOR ORDER BY .*)?\Z",
    re.DOTALL,
)


class DefinedRules(Rules):
    """Kinds whose snapshot holds a complete CREATE statement, and that are replaced whenever it differs."""

    rank: ClassVar[int] = 30

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """The statement that the snapshot holds."""
        return [Step(undrift(want.props["definition"]))]


class OperatorRules(DefinedRules):
    """Operators; they have no RENAME."""

    rank: ClassVar[int] = 27
    rename_turn: ClassVar[int | None] = 1

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``OPERATOR public.+ (left, right)``, NONE for an argument that it doesn't have."""
        left, right = (obj.props[side] or "NONE" for side in ("left", "right"))
        return f"OPERATOR {quote_ident(obj.schema or 'public')}.{obj.name} ({left}, {right})"


class OperatorFamilyRules(DefinedRules):
    """Operator families with the members that belong to no class."""

    rank: ClassVar[int] = 28

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it, then add its loose members."""
        members = want.props["loose_members"]
        steps = super().create(want, ctx)
        return [*steps, Step(f"ALTER {self.spell(want, ctx)} ADD {', '.join(members)}")] if members else steps

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Drop and add single loose members."""
        if changed != {"loose_members"}:
            return None
        have, wish = now.props["loose_members"], want.props["loose_members"]
        steps = []
        if gone := [_without_object(member) for member in have if member not in wish]:
            steps.append(Step(f"ALTER {self.spell(want, ctx)} DROP {', '.join(gone)}"))
        if missing := [member for member in wish if member not in have]:
            steps.append(Step(f"ALTER {self.spell(want, ctx)} ADD {', '.join(missing)}"))
        return steps

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``OPERATOR FAMILY public.f USING btree``."""
        return _by_method("OPERATOR FAMILY", obj)


class OperatorClassRules(DefinedRules):
    """Operator classes."""

    rank: ClassVar[int] = 29

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``OPERATOR CLASS public.c USING btree``."""
        return _by_method("OPERATOR CLASS", obj)


class CastRules(DefinedRules):
    """Casts: as early as may be, for pg_depend does not record which expressions use them."""

    rank: ClassVar[int] = 26
    rename_turn: ClassVar[int | None] = None

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``CAST (source AS target)``."""
        return f"CAST ({obj.props['source']} AS {obj.props['target']})"


def _without_object(member: str) -> str:
    """``OPERATOR 1 <(integer, bigint)`` as DROP names it: ``OPERATOR 1 (integer, bigint)``; functions likewise."""
    match = _MEMBER.match(member)
    if match is None:
        raise ValueError(f"{member!r} is no member of an operator family")
    return f"{match['kind']} {match['number']} {match['types'] or match['arguments']}"


def _by_method(words: str, obj: CatalogObject) -> str:
    return f"{words} {quote_ident(obj.schema or 'public')}.{quote_ident(obj.name)} USING {quote_ident(obj.props['method'])}"
