"""Publications and what they publish."""

from __future__ import annotations

from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.model.catalog import CatalogObject
from alembic_safety.postgres.catalog import undrift
from alembic_safety.postgres.identifiers import quote_literal


class PublicationRules(Rules):
    """Publications, without their members."""

    rank: ClassVar[int] = 85

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it empty, or for all tables."""
        everything = " FOR ALL TABLES" if want.props["all_tables"] else ""
        return [Step(f"CREATE {self.spell(want, ctx)}{everything} WITH ({_options(want, frozenset(want.props))})")]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Set its options; a publication for all tables is another one."""
        if "all_tables" in changed:
            return None
        return [Step(f"ALTER {self.spell(want, ctx)} SET ({_options(want, changed)})")]


def _options(want: CatalogObject, keys: frozenset[str]) -> str:
    props = want.props
    parts = []
    if "publish" in keys:
        publish = props["publish"] if isinstance(props["publish"], str) else ", ".join(props["publish"])
        parts.append(f"publish = {quote_literal(publish)}")
    if "via_partition_root" in keys and (props["via_partition_root"] or len(keys) < len(props)):
        parts.append(f"publish_via_partition_root = {'true' if props['via_partition_root'] else 'false'}")
    generated = props["publish_generated_columns"]
    if "publish_generated_columns" in keys and generated and (generated != "none" or len(keys) < len(props)):
        parts.append(f"publish_generated_columns = {generated}")
    return ", ".join(parts)


class _MemberRules(Rules):
    rank: ClassVar[int] = 86
    rename_turn: ClassVar[int | None] = None

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Add it to its publication."""
        return [Step(f"ALTER PUBLICATION {ctx.parent(want).identity} ADD {self.spell(want, ctx)}{self._details(want)}")]

    def drop(self, now: CatalogObject, ctx: Context) -> list[Step]:
        """Take it out of its publication."""
        return [Step(f"ALTER PUBLICATION {ctx.parent(now).identity} DROP {self.spell(now, ctx)}")]

    def _details(self, want: CatalogObject) -> str:
        return ""


class PublicationTableRules(_MemberRules):
    """Tables of a publication."""

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``TABLE ONLY public.orders``: partitions and children are members of their own."""
        return f"TABLE ONLY {obj.props['table']}"

    def _details(self, want: CatalogObject) -> str:
        columns = want.props["columns"]
        where = want.props["where"]
        return (f" ({', '.join(columns)})" if columns else "") + (f" WHERE ({undrift(where)})" if where else "")


class PublicationSchemaRules(_MemberRules):
    """Schemas of a publication."""

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``TABLES IN SCHEMA app``."""
        return f"TABLES IN SCHEMA {obj.props['published_schema']}"
