"""Types that columns are made of: enums, domains, composite types."""

from __future__ import annotations

from itertools import count
from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.downgrade.kinds.columns import type_clause
from alembic_safety.model.catalog import CatalogObject
from alembic_safety.model.labels import renamed_labels
from alembic_safety.postgres.catalog import undrift
from alembic_safety.postgres.identifiers import quote_ident, quote_literal


class EnumRules(Rules):
    """Enums. PostgreSQL cannot take a label away: the type is built anew and everything moved over."""

    rank: ClassVar[int] = 25
    rebuildable: ClassVar[bool] = True

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """CREATE TYPE … AS ENUM."""
        labels = ", ".join(quote_literal(label) for label in want.props["labels"])
        return [Step(f"CREATE TYPE {want.identity} AS ENUM ({labels})")]

    def rename_parts(self, now: CatalogObject, want: CatalogObject, ctx: Context) -> list[Step]:
        """RENAME VALUE for labels that have another name; by way of a third name where another label has the one that is wanted."""
        todo = renamed_labels(now, want)
        have = {str(label) for label in now.props["labels"]}
        steps = []
        while todo:
            old = next((label for label, new in todo.items() if new not in have), None)
            if old is None:
                old, new = next(iter(todo.items()))
                free = next(name for n in count() if (name := f"alembic_safety_{n}") not in have)
                todo[free] = todo.pop(old)
                new = free
            else:
                new = todo.pop(old)
            have = (have - {old}) | {new}
            steps.append(Step(f"ALTER TYPE {now.identity} RENAME VALUE {quote_literal(old)} TO {quote_literal(new)}"))
        return steps


class DomainRules(Rules):
    """Domains."""

    rank: ClassVar[int] = 27
    rebuildable: ClassVar[bool] = True

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """CREATE DOMAIN with its constraints."""
        props = want.props
        text = f"CREATE DOMAIN {want.identity} AS {props['base_type']}"
        if props["collation"]:
            text += f" COLLATE {props['collation']}"
        if props["default"] is not None:
            text += f" DEFAULT {undrift(props['default'])}"
        held = [c for c in ctx.carried.get(want.address, ()) if c.kind == "domain_constraint"]
        if props["not_null"] and not any(c.props["definition"].startswith("NOT NULL") for c in held):
            text += " NOT NULL"
        for constraint in sorted(held, key=lambda c: c.name):
            text += f"\n    CONSTRAINT {quote_ident(constraint.name)} {undrift(constraint.props['definition'])}"
        return [Step(text)]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Default and NOT NULL; another base type makes another domain."""
        if changed - {"default", "not_null"}:
            return None
        alter, steps = f"ALTER DOMAIN {want.identity}", []
        if "default" in changed:
            default = want.props["default"]
            steps.append(
                Step(f"{alter} DROP DEFAULT" if default is None else f"{alter} SET DEFAULT {undrift(default)}")
            )
        if "not_null" in changed:
            steps.append(Step(f"{alter} {'SET' if want.props['not_null'] else 'DROP'} NOT NULL"))
        return steps


class CompositeRules(Rules):
    """Composite types; the order of their attributes is structure."""

    rank: ClassVar[int] = 28
    rebuildable: ClassVar[bool] = True

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """CREATE TYPE … AS (…)."""
        attributes = {a.name: a for a in ctx.children(want, "attribute")}
        inner = ",\n    ".join(f"{quote_ident(n)} {type_clause(attributes[n])}" for n in want.props["attributes_order"])
        return [
            Step(f"CREATE TYPE {want.identity} AS (\n    {inner}\n)" if inner else f"CREATE TYPE {want.identity} AS ()")
        ]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """The attributes change by themselves, if dropping and appending gives the order."""
        if changed != {"attributes_order"}:
            return None
        have, wish = now.props["attributes_order"], want.props["attributes_order"]
        kept = [name for name in have if name in wish]
        added = [name for name in wish if name not in have]
        return [] if [*kept, *added] == list(wish) else None
