"""Constraints of tables and of domains."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.downgrade.kinds.options import with_clause
from alembic_safety.downgrade.kinds.relations import (
    alter_words,
    column_named,
    hangs_differently,
    is_inherited,
    linked_above,
    partner,
    side_of,
    standalone,
)
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.postgres.catalog import undrift
from alembic_safety.postgres.identifiers import quote_ident

_INDEXED = ("primary key", "unique", "exclude")
_CONSEQUENCES = frozenset({"is_local", "inherit_count", "has_parent", "columns", "references"})
_TAIL = re.compile(r"( (?:NOT )?DEFERRABLE.*| WHERE .*)?\Z", re.DOTALL)
_NOT_VALID = re.compile(r" NOT VALID\Z")
_DEFERRING = re.compile(
    r"( NOT DEFERRABLE| DEFERRABLE)?( INITIALLY (?:DEFERRED|IMMEDIATE))?( NOT ENFORCED| NOT VALID)*\Z"
)


def constraint_clause(constraint: CatalogObject, ctx: Context) -> str:
    """The definition, with the options of the index behind it, which the server's text leaves out."""
    text = undrift(str(constraint.props["definition"]))
    index = _index_behind(constraint, ctx)
    if index is None:
        return text
    extra = with_clause(index.props["options"])
    if index.props["tablespace"]:
        extra += f" USING INDEX TABLESPACE {quote_ident(index.props['tablespace'])}"
    if not extra:
        return text
    if constraint.props["type"] == "exclude":
        where = text.rfind(" WHERE (")
        place = where if where >= 0 else _DEFERRING.search(text).start()  # type: ignore[union-attr]
    else:
        place = _DEFERRING.search(text).start()  # type: ignore[union-attr]
    return text[:place] + extra + text[place:]


def _index_behind(constraint: CatalogObject, ctx: Context) -> CatalogObject | None:
    if constraint.props["type"] not in _INDEXED or constraint.parent is None:
        return None
    side = side_of(constraint, ctx)
    for child in side.children.get(constraint.parent, ()):
        if child.kind == "index" and child.props["constraint"] == constraint.name:
            return child
    return None


class ConstraintRules(Rules):
    """Primary keys, UNIQUE, EXCLUDE, CHECK, foreign keys, and (from 18 on) named NOT NULL."""

    rank: ClassVar[int] = 48
    rename_turn: ClassVar[int | None] = 2
    detachable: ClassVar[bool] = True

    def rank_of(self, obj: CatalogObject) -> int:
        """Foreign keys after everything that they may point to."""
        return 70 if obj.props["type"] == "foreign key" else self.rank

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``CONSTRAINT c ON public.orders``."""
        return f"CONSTRAINT {quote_ident(obj.name)} ON {ctx.parent(obj).identity}"

    def rename(self, now: CatalogObject, name: str, ctx: Context) -> list[Step]:
        """RENAME CONSTRAINT; one with an index follows that, an inherited one its origin."""
        if now.props["type"] in _INDEXED or now.props["inherit_count"]:
            return []
        if now.props["has_parent"] and now.props["type"] != "foreign key":
            return []
        old, new = quote_ident(now.name), quote_ident(name)
        return [Step(f"{alter_words(ctx.parent(now))} RENAME CONSTRAINT {old} TO {new}")]

    def move(self, now: CatalogObject, schema: str, ctx: Context) -> list[Step]:
        """It follows its table."""
        return []

    def created_with(self, want: CatalogObject, ctx: Context) -> Address | None:
        """Its table, where CREATE TABLE can say it; else the constraint above that it is a copy of."""
        table = ctx.parent(want)
        props = want.props
        if props["has_parent"] or is_inherited(want):
            if ctx.is_created(table):
                # A partition made by itself brings its constraints along; copies of foreign keys come with ATTACH.
                apart = standalone(table, ctx)
                return None if apart and props["type"] in _INDEXED else table.address
            other = linked_above(want, ctx.before)
            if other is None or (props["type"] in _INDEXED and made_alone(other, ctx)):
                return None
            return other.address
        if props["type"] == "not null":
            column = column_named(table, props["columns"][0], ctx.before)
            return column.address if column is not None and ctx.is_created(column) and props["validated"] else None
        if not ctx.is_created(table) or props["type"] == "foreign key":
            return None
        if table.props.get("partition_of") and not standalone(table, ctx):
            return None
        if table.address in ctx.aside and props["type"] in _INDEXED:
            return None  # its index bears a name that the old table's index still has
        return table.address if props["validated"] and props["enforced"] else None

    def dropped_with(self, now: CatalogObject, ctx: Context) -> Address | None:
        """The constraint above that it is a copy of, unless its table is detached from that."""
        table = ctx.parent(now)
        if not (now.props["has_parent"] or is_inherited(now)):
            return None
        if not ctx.is_dropped(table) and hangs_differently(table, ctx):
            return None
        other = linked_above(now, ctx.now)
        return other.address if other is not None else None

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """ADD CONSTRAINT."""
        table = ctx.parent(want)
        alter, name, kind = alter_words(table), quote_ident(want.name), want.props["type"]
        if want.props["has_parent"] and kind == "foreign key":
            return []
        if kind == "not null":
            return self._not_null(want, table, ctx)
        only = want.props["no_inherit"] and kind == "check"
        if kind in _INDEXED and table.props.get("partition_key") and made_alone(want, ctx):
            only = True
        if only:
            alter = alter_words(table, only=True)
        steps = [Step(f"{alter} ADD CONSTRAINT {name} {constraint_clause(want, ctx)}")]
        index = _index_behind(want, ctx)
        if index is not None and index.props["attached_to"] and not standalone_now(table, ctx):
            words = f"ALTER INDEX {index.props['attached_to']} ATTACH PARTITION {index.identity}"
            steps.append(Step(words, late=True))
        return steps

    def is_late(self, obj: CatalogObject, referenced: CatalogObject, deptype: str) -> bool:
        """Its index is attached at the end."""
        return deptype in ("P", "S") and obj.props["type"] in _INDEXED

    def culprits(self, obj: CatalogObject, ctx: Context) -> Iterable[CatalogObject]:
        """Names on partitions are chosen by the server unless the constraint above is made without them."""
        other = linked_above(obj, side_of(obj, ctx)) if obj.props["has_parent"] else None
        return (other,) if other is not None else ()

    def _not_null(self, want: CatalogObject, table: CatalogObject, ctx: Context) -> list[Step]:
        name, column = quote_ident(want.name), want.props["columns"][0]
        there = partner(table, ctx)
        have = column_named(there, column, ctx.now) if there is not None else None
        if want.props["has_parent"]:
            return []
        if have is not None and have.props["not_null"] and not _named(have, ctx):
            automatic = f"{table.name}_{column}_not_null"
            return [Step(f"{alter_words(table)} RENAME CONSTRAINT {quote_ident(automatic)} TO {name}")]
        return [Step(f"{alter_words(table)} ADD CONSTRAINT {name} {want.props['definition']}")]

    def drop(self, now: CatalogObject, ctx: Context) -> list[Step]:
        """DROP CONSTRAINT."""
        table = ctx.parent(now)
        if now.props["type"] == "not null":
            there = partner(table, ctx)
            column = column_named(there, now.props["columns"][0], ctx.before) if there is not None else None
            if column is not None and column.props["not_null"] and not _named(column, ctx):
                automatic = quote_ident(f"{table.name}_{now.props['columns'][0]}_not_null")
                return [Step(f"{alter_words(table)} RENAME CONSTRAINT {quote_ident(now.name)} TO {automatic}")]
        return [Step(f"{alter_words(table)} DROP CONSTRAINT {quote_ident(now.name)}")]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """VALIDATE, or whether and when it is deferred; the rest makes another constraint."""
        if changed <= _CONSEQUENCES:
            return []
        alter, name = alter_words(ctx.parent(now)), quote_ident(want.name)
        have, wish = str(now.props["definition"]), str(want.props["definition"])
        rest = changed - _CONSEQUENCES
        if rest == {"definition", "validated"} and want.props["validated"] and _NOT_VALID.sub("", have) == wish:
            return [Step(f"{alter} VALIDATE CONSTRAINT {name}")]
        if rest == {"definition"} and want.props["type"] == "foreign key":
            bare, timing = _split_timing(wish)
            if _split_timing(have)[0] == bare and want.props["validated"] and not now.props["has_parent"]:
                return [Step(f"{alter} ALTER CONSTRAINT {name} {timing or 'NOT DEFERRABLE'}")]
        if rest and (now.props["has_parent"] or is_inherited(now)) and (want.props["has_parent"] or is_inherited(want)):
            other = linked_above(now, ctx.now)
            if other is not None and other.address in ctx.wanted:
                return []
        return None


def made_alone(constraint: CatalogObject, ctx: Context) -> bool:
    """Whether a partitioned table's constraint is created without those of the partitions, which are attached."""
    index = _index_behind(constraint, ctx)
    return bool(ctx.level(constraint)) or (index is not None and not index.props["valid"])


def standalone_now(table: CatalogObject, ctx: Context) -> bool:
    """Whether the table itself is attached by this plan: that attaches its indexes too."""
    return ctx.is_created(table) or hangs_differently(table, ctx)


def _named(column: CatalogObject, ctx: Context) -> bool:
    from alembic_safety.downgrade.kinds.columns import named_not_null

    return named_not_null(column, ctx) is not None


def _split_timing(definition: str) -> tuple[str, str]:
    match = _DEFERRING.search(definition)
    if match is None:
        return definition, ""
    return definition[: match.start()], match[0].strip()


class DomainConstraintRules(Rules):
    """CHECK constraints of domains."""

    rank: ClassVar[int] = 49
    rename_turn: ClassVar[int | None] = 2

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``CONSTRAINT c ON DOMAIN public.d``."""
        return f"CONSTRAINT {quote_ident(obj.name)} ON DOMAIN {ctx.parent(obj).identity}"

    def _alter(self, obj: CatalogObject, ctx: Context) -> str:
        return f"ALTER DOMAIN {ctx.parent(obj).identity}"

    def rename(self, now: CatalogObject, name: str, ctx: Context) -> list[Step]:
        """RENAME CONSTRAINT."""
        return [Step(f"{self._alter(now, ctx)} RENAME CONSTRAINT {quote_ident(now.name)} TO {quote_ident(name)}")]

    def move(self, now: CatalogObject, schema: str, ctx: Context) -> list[Step]:
        """It follows its domain."""
        return []

    def created_with(self, want: CatalogObject, ctx: Context) -> Address | None:
        """Its domain, where CREATE DOMAIN can say it."""
        return ctx.parent(want).address if want.props["validated"] else None

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """ADD CONSTRAINT."""
        return [
            Step(
                f"{self._alter(want, ctx)} ADD CONSTRAINT {quote_ident(want.name)} {undrift(want.props['definition'])}"
            )
        ]

    def drop(self, now: CatalogObject, ctx: Context) -> list[Step]:
        """DROP CONSTRAINT."""
        return [Step(f"{self._alter(now, ctx)} DROP CONSTRAINT {quote_ident(now.name)}")]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """VALIDATE; the rest makes another constraint."""
        have, wish = str(now.props["definition"]), str(want.props["definition"])
        if changed == {"definition", "validated"} and want.props["validated"] and _NOT_VALID.sub("", have) == wish:
            return [Step(f"{self._alter(want, ctx)} VALIDATE CONSTRAINT {quote_ident(want.name)}")]
        return None
