"""Attributes of composite types."""

from __future__ import annotations

from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.downgrade.kinds.columns import type_clause
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.postgres.identifiers import quote_ident


class AttributeRules(Rules):
    """Attributes of composite types."""

    rank: ClassVar[int] = 29
    rename_turn: ClassVar[int | None] = 2
    replaceable: ClassVar[bool] = False

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``COLUMN public.point3.z``: how COMMENT ON names it."""
        return f"COLUMN {obj.identity}"

    def rename(self, now: CatalogObject, name: str, ctx: Context) -> list[Step]:
        """RENAME ATTRIBUTE."""
        return [
            Step(
                f"ALTER TYPE {ctx.parent(now).identity} RENAME ATTRIBUTE {quote_ident(now.name)} TO {quote_ident(name)}"
            )
        ]

    def move(self, now: CatalogObject, schema: str, ctx: Context) -> list[Step]:
        """It follows its type."""
        return []

    def created_with(self, want: CatalogObject, ctx: Context) -> Address | None:
        """Its type."""
        return ctx.parent(want).address

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """ADD ATTRIBUTE."""
        return [
            Step(f"ALTER TYPE {ctx.parent(want).identity} ADD ATTRIBUTE {quote_ident(want.name)} {type_clause(want)}")
        ]

    def drop(self, now: CatalogObject, ctx: Context) -> list[Step]:
        """DROP ATTRIBUTE."""
        return [Step(f"ALTER TYPE {ctx.parent(now).identity} DROP ATTRIBUTE {quote_ident(now.name)}")]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """ALTER ATTRIBUTE … SET DATA TYPE."""
        words = f"ALTER ATTRIBUTE {quote_ident(want.name)} SET DATA TYPE {type_clause(want)}"
        return [Step(f"ALTER TYPE {ctx.parent(want).identity} {words}")]
