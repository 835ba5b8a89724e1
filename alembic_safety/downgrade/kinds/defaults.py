"""Defaults of columns."""

from __future__ import annotations

from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.downgrade.kinds.relations import (
    alter_words,
    column_named,
    has_heirs,
    is_inherited,
    same_above,
    side_of,
)
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.postgres.catalog import undrift
from alembic_safety.postgres.identifiers import quote_ident

_TABLES = ("table", "foreign_table")


class DefaultRules(Rules):
    """Defaults of columns."""

    rank: ClassVar[int] = 43
    rename_turn: ClassVar[int | None] = None
    detachable: ClassVar[bool] = True

    def _column(self, obj: CatalogObject, ctx: Context) -> CatalogObject | None:
        return column_named(ctx.parent(obj), obj.props["column"], side_of(obj, ctx))

    def _alter(self, obj: CatalogObject, ctx: Context) -> str:
        return (
            f"{alter_words(ctx.parent(obj), only=_matters(obj, ctx))} ALTER COLUMN {quote_ident(obj.props['column'])}"
        )

    def created_with(self, want: CatalogObject, ctx: Context) -> Address | None:
        """Its column, unless that is inherited with another default."""
        column = self._column(want, ctx)
        if column is None or ctx.parent(want).kind not in _TABLES or not ctx.is_created(column):
            return None
        if is_inherited(column):
            for origin in same_above(column, ctx.before):
                for child in ctx.before.children.get(origin.parent, ()) if origin.parent else ():
                    if child.kind == "default" and child.identity == origin.identity:
                        return column.address if child.props["expression"] == want.props["expression"] else None
            return None
        return column.address

    def dropped_with(self, now: CatalogObject, ctx: Context) -> Address | None:
        """Its column."""
        return None

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """SET DEFAULT."""
        return [Step(f"{self._alter(want, ctx)} SET DEFAULT {undrift(want.props['expression'])}")]

    def drop(self, now: CatalogObject, ctx: Context) -> list[Step]:
        """DROP DEFAULT."""
        return [Step(f"{self._alter(now, ctx)} DROP DEFAULT")]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """SET DEFAULT overwrites."""
        return self.create(want, ctx)


def _matters(obj: CatalogObject, ctx: Context) -> bool:
    """Whether ONLY makes a difference: without it, children get the default too."""
    return has_heirs(ctx.parent(obj), side_of(obj, ctx))
