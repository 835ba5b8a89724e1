"""Columns of relations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.downgrade.kinds.options import change
from alembic_safety.downgrade.kinds.relations import (
    alter_words,
    follows,
    hangs_differently,
    has_heirs,
    identity_sequence,
    is_inherited,
    partner,
    same_above,
    side_of,
)
from alembic_safety.downgrade.kinds.sequences import sequence_options
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.model.snapshot import Snapshot
from alembic_safety.postgres.catalog import undrift
from alembic_safety.postgres.identifiers import quote_ident

_TABLES = ("table", "foreign_table")
#: Types between which the server converts by itself, keeping defaults, indexes and constraints.
_FAMILIES = (
    re.compile(r"(smallint|integer|bigint|numeric(\(.*\))?|real|double precision)\Z"),
    re.compile(r"(text|character varying(\(.*\))?|character(\(.*\))?)\Z"),
    re.compile(r"(timestamp(\(.*\))? without time zone)\Z"),
    re.compile(r"(timestamp(\(.*\))? with time zone)\Z"),
)
_BUILT_IN = re.compile(r"[a-z][a-z ]*(\([0-9, -]+\))?( with(out)? time zone)?(\[\])*\Z")


def alike(now: str, want: str) -> bool:
    """Whether a change between two types needs no USING and leaves what hangs on the column usable."""
    return any(family.match(now) and family.match(want) for family in _FAMILIES)


def cast(column: str, now: str, want: str, *, by_text: bool = False) -> str:
    """The expression that brings a column's values to another type, by way of text where there may be no direct cast."""
    if not by_text and _BUILT_IN.match(now) and _BUILT_IN.match(want):
        return f"{column}::{want}"
    if want == "text":
        return f"{column}::text"
    return f"{column}::text{'[]' if now.endswith('[]') and want.endswith('[]') else ''}::{want}"


def type_clause(column: CatalogObject) -> str:
    """Type and collation."""
    collation = column.props["collation"]
    return f"{column.props['type']} COLLATE {collation}" if collation else str(column.props["type"])


def identity_clause(column: CatalogObject, ctx: Context) -> str:
    """``GENERATED … AS IDENTITY`` with the options that differ from the usual."""
    sequence = identity_sequence(column, side_of(column, ctx))
    options = []
    if sequence is not None:
        table = ctx.parent(column)
        if sequence.schema != table.schema or sequence.name != f"{table.name}_{column.name}_seq":
            options.append(f"SEQUENCE NAME {sequence.identity}")
        options += sequence_options(sequence, plain_type=str(column.props["type"]))
    inner = f" ({' '.join(options)})" if options else ""
    return f"GENERATED {str(column.props['identity']).upper()} AS IDENTITY{inner}"


def column_clause(column: CatalogObject, ctx: Context, *, not_null: bool) -> str:
    """A column as CREATE TABLE and ADD COLUMN write it, with the default that is created along with it."""
    props = column.props
    parts = [quote_ident(column.name), type_clause(column)]
    # A partition's identity is its parent's (17+): it has no sequence, and must not have one of its own to be attached.
    own_identity = props["identity"] and identity_sequence(column, side_of(column, ctx)) is not None
    if props["fdw_options"]:  # the grammar wants them right after the type
        parts[-1] = str(props["type"])
        from alembic_safety.downgrade.kinds.foreign_data import options_clause

        parts.append(options_clause(props["fdw_options"]).strip())
    if props["compression"]:
        parts.append(f"COMPRESSION {props['compression']}")
    if props["fdw_options"] and props["collation"]:
        parts.append(f"COLLATE {props['collation']}")
    if props["generated"]:
        parts.append(f"GENERATED ALWAYS AS ({undrift(props['generation_expression'])}) {props['generated'].upper()}")
    elif own_identity:
        parts.append(identity_clause(column, ctx))
    held = (one for one in ctx.carried.get(column.address, ()) if one.kind == "default")
    parts.extend(f"DEFAULT {undrift(default.props['expression'])}" for default in held)
    named = named_not_null(column, ctx)
    if named is not None and named in ctx.carried.get(named.parent, ()):  # type: ignore[arg-type]
        parts.append(f"CONSTRAINT {quote_ident(named.name)} NOT NULL")
        if named.props["no_inherit"]:
            parts.append("NO INHERIT")
    elif not_null and props["not_null"] and named is None:
        automatic = f"{ctx.parent(column).name}_{column.name}_not_null"
        if column.parent in ctx.aside and ctx.version >= 180000 and len(automatic.encode()) < 64:
            # The server would choose another name while the table that was put aside has this one.
            parts.append(f"CONSTRAINT {quote_ident(automatic)} NOT NULL")
        elif not own_identity:
            parts.append("NOT NULL")
    return " ".join(parts)


def named_not_null(column: CatalogObject, ctx: Context) -> CatalogObject | None:
    """The NOT NULL constraint that is an object of its own (from PostgreSQL 18 on, if it is not the automatic one)."""
    side = side_of(column, ctx)
    for child in side.children.get(column.parent, ()) if column.parent is not None else ():
        if child.kind == "constraint" and child.props["type"] == "not null" and child.props["columns"] == [column.name]:
            return child
    return None


def extras(column: CatalogObject, ctx: Context) -> list[Step]:
    """What a column has that its own clause cannot say."""
    table, props = ctx.parent(column), column.props
    result: list[Step] = []
    alter = f"{alter_words(table, only=True)} ALTER COLUMN {quote_ident(column.name)}"
    if props["storage"]:
        result.append(Step(f"{alter} SET STORAGE {props['storage']}"))
    if props["statistics_target"] is not None:
        result.append(Step(f"{alter} SET STATISTICS {props['statistics_target']}"))
    if props["options"]:
        result.append(Step(change(f"{alter.removeprefix('ALTER ')}", (), props["options"])[0]))
    return result


class ColumnRules(Rules):
    """Columns of tables and foreign tables; those of views follow the view's definition."""

    rank: ClassVar[int] = 42
    replaceable: ClassVar[bool] = False
    rename_turn: ClassVar[int | None] = 2

    def may_replace(self, now: CatalogObject | None, want: CatalogObject) -> bool:
        """A generated column holds nothing of its own."""
        return bool(want.props["generated"]) or bool(now is not None and now.props["generated"])

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``COLUMN public.orders.total``."""
        return f"COLUMN {obj.identity}"

    def rename(self, now: CatalogObject, name: str, ctx: Context) -> list[Step]:
        """Rename it; an inherited column follows its origin."""
        if now.props["inherit_count"]:
            return []
        return [Step(f"{alter_words(ctx.parent(now))} RENAME COLUMN {quote_ident(now.name)} TO {quote_ident(name)}")]

    def move(self, now: CatalogObject, schema: str, ctx: Context) -> list[Step]:
        """It follows its relation."""
        return []

    def created_with(self, want: CatalogObject, ctx: Context) -> Address | None:
        """Its table; else the column that it is inherited from."""
        table = ctx.parent(want)
        if ctx.is_created(table) or table.kind not in _TABLES:
            return table.address
        if is_inherited(want):
            return next((origin.address for origin in same_above(want, ctx.before)), None)
        return None

    def dropped_with(self, now: CatalogObject, ctx: Context) -> Address | None:
        """The column that it is inherited from, as long as its table is to inherit."""
        if is_inherited(now) and not hangs_differently(ctx.parent(now), ctx):
            return next((origin.address for origin in same_above(now, ctx.now)), None)
        return None

    def also_needs(self, obj: CatalogObject, side: Snapshot) -> Iterable[Address]:
        """The column that it is inherited from."""
        return [origin.address for origin in same_above(obj, side)] if is_inherited(obj) else ()

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """ADD COLUMN; NOT NULL comes after it where a table with rows could not take both at once."""
        table, props = ctx.parent(want), want.props
        if table.kind not in _TABLES:
            return []
        alter = alter_words(table)
        if is_inherited(want) and any(ctx.is_created(o) or partner(o, ctx) for o in same_above(want, ctx.before)):
            return extras(want, ctx)
        filled = bool(ctx.carried.get(want.address)) or props["generated"] or props["identity"]
        steps = [Step(f"{alter} ADD COLUMN {column_clause(want, ctx, not_null=bool(filled))}"), *extras(want, ctx)]
        if props["not_null"] and not filled and not _set_by_other(want, ctx):
            steps.append(Step(f"{alter} ALTER COLUMN {quote_ident(want.name)} SET NOT NULL"))
        return steps

    def drop(self, now: CatalogObject, ctx: Context) -> list[Step]:
        """DROP COLUMN; a view's column goes with the view's definition."""
        table = ctx.parent(now)
        if table.kind not in _TABLES:
            return []
        return [Step(f"{alter_words(table)} DROP COLUMN {quote_ident(now.name)}")]

    def blockers(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> Iterable[Address]:
        """What the server does not carry over a change of type: views, policies, triggers, generated columns, and so on."""
        if not changed & {"type", "collation", "generation_expression"} or ctx.parent(now).kind not in _TABLES:
            return
        kept = alike(now.props["type"], want.props["type"]) and not ctx.level(ctx.parent(want))
        always = {
            "view", "materialized_view", "rule", "policy", "trigger", "function", "procedure", "publication_table", "statistics",
        }  # fmt: skip
        for address in sorted(ctx.now.needed_by.get(now.address, ())):
            user = ctx.now.objects[address]
            if user.kind in always or (user.kind == "column" and user.props["generated"]):
                yield address
            elif not kept and user.kind in ("default", "index", "constraint"):
                if user.kind == "constraint" and user.props["type"] in ("primary key", "unique", "not null"):
                    continue
                if user.kind == "index" and user.props["constraint"] and not user.props.get("attached_to"):
                    continue
                if user.props.get("has_parent") or user.props.get("attached_to"):
                    continue
                yield address

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Everything that ALTER COLUMN can change."""
        table = ctx.parent(now)
        if table.kind == "materialized_view":
            return self._storage(now, want, changed, f"{alter_words(table)} ALTER COLUMN {quote_ident(want.name)}")
        if table.kind not in _TABLES:
            return []
        expression = _generation(now, want, changed, ctx)
        if expression is None:
            return None
        prefix = f"{alter_words(table)} ALTER COLUMN {quote_ident(want.name)}"
        alone = f"{alter_words(table, only=True)} ALTER COLUMN {quote_ident(want.name)}"
        have, wish = now.props, want.props
        steps: list[Step] = []

        def led(key: str) -> bool:
            return follows(now, want, key, ctx)

        if have["identity"] and not wish["identity"]:
            steps.append(Step(f"{prefix} DROP IDENTITY"))
        if "not_null" in changed and not wish["not_null"] and not led("not_null") and _own_not_null(now, ctx):
            steps.append(Step(f"{prefix} DROP NOT NULL"))
        if changed & {"type", "collation"} and not led("type") and not led("collation"):
            using = ""
            if not alike(have["type"], wish["type"]):
                by_text = ctx.level(want) >= 1
                name = quote_ident(want.name)
                using = _record(name, have["type"], wish["type"], ctx) or cast(
                    name, have["type"], wish["type"], by_text=by_text
                )
            text = f"{prefix} TYPE {type_clause(want)}"
            if wish["generated"] or table.kind == "foreign_table":
                using = ""
            steps.append(Step(f"{text} USING {using}" if using else text))
        steps += [Step(f"{prefix} {words}") for words in expression]
        if "not_null" in changed and wish["not_null"] and not led("not_null") and not _set_by_other(want, ctx):
            steps.append(Step(f"{prefix} SET NOT NULL"))
        if wish["identity"] and not have["identity"]:
            steps.append(Step(f"{prefix} ADD {identity_clause(want, ctx)}"))
        elif wish["identity"] and have["identity"] and wish["identity"] != have["identity"]:
            steps.append(Step(f"{prefix} SET GENERATED {wish['identity'].upper()}"))
        steps += self._storage(now, want, changed, alone)
        return steps

    def _storage(self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], alter: str) -> list[Step]:
        steps, wish = [], want.props
        retyped = "type" in changed
        if "storage" in changed or (retyped and wish["storage"]):
            steps.append(Step(f"{alter} SET STORAGE {wish['storage'] or _usual_storage(want)}"))
        if "compression" in changed or (retyped and wish["compression"]):
            steps.append(Step(f"{alter} SET COMPRESSION {wish['compression'] or 'default'}"))
        if "statistics_target" in changed:
            target = -1 if wish["statistics_target"] is None else wish["statistics_target"]
            steps.append(Step(f"{alter} SET STATISTICS {target}"))
        if "options" in changed:
            target_words = alter.removeprefix("ALTER ")
            steps += [Step(sql) for sql in change(target_words, now.props["options"] or (), wish["options"] or ())]
        if "fdw_options" in changed:
            from alembic_safety.downgrade.kinds.foreign_data import options_change

            words = options_change(now.props["fdw_options"], wish["fdw_options"])
            if words:
                steps.append(Step(f"{alter} {words.strip()}"))
        return steps


def _record(column: str, now: str, want: str, ctx: Context) -> str:
    """A value of a composite type that is built anew with other attributes: text of one would not be text of the other; else ''."""
    old, new = ctx.now.by_identity.get(("composite", now)), ctx.before.by_identity.get(("composite", want))
    if old is None or new is None:
        return ""
    have = {attribute.address: attribute for attribute in ctx.now.children.get(old.address, ())}
    wish = ctx.before.children.get(new.address, ())
    if [attribute.address for attribute in wish] == list(have):
        return ""
    parts = []
    for attribute in wish:
        there = have.get(attribute.address)
        if there is None:
            parts.append("NULL")
            continue
        part = f"({column}).{quote_ident(there.name)}"
        was, is_ = there.props["type"], attribute.props["type"]
        parts.append(part if was == is_ else cast(part, was, is_, by_text=True))
    return f"CASE WHEN {column} IS DISTINCT FROM NULL THEN ROW({', '.join(parts)})::{want} END"


def _generation(now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context) -> list[str] | None:
    """Words that change how a column is generated; None where only a new column can be."""
    if not changed & {"generated", "generation_expression"}:
        if changed & {"type", "collation"} and want.props["generated"]:
            return []
        return []
    if follows(now, want, "generation_expression", ctx):
        return []
    if now.props["generated"] == "stored" and not want.props["generated"]:
        return ["DROP EXPRESSION"]
    if now.props["generated"] == want.props["generated"] and ctx.version >= 170000:
        return [f"SET EXPRESSION AS ({undrift(want.props['generation_expression'])})"]
    return None


def _own_not_null(now: CatalogObject, ctx: Context) -> bool:
    """Whether NOT NULL is the column's own affair and does not go with a constraint object."""
    named = named_not_null(now, ctx)
    return named is None or not ctx.is_dropped(named)


def _set_by_other(want: CatalogObject, ctx: Context) -> bool:
    """Whether a constraint that this plan creates brings NOT NULL with it."""
    for child in ctx.before.children.get(want.parent, ()) if want.parent is not None else ():
        if child.kind == "constraint" and ctx.is_created(child) and want.name in child.props["columns"]:
            if child.props["type"] == "not null":
                return True
            if child.props["type"] == "primary key" and not has_heirs(ctx.parent(want), ctx.before):
                return True
    return False


def _usual_storage(column: CatalogObject) -> str:
    kind = str(column.props["type"])
    if re.match(
        r"(smallint|integer|bigint|real|double precision|boolean|date|time|timestamp|uuid|oid|interval|money|\"char\")",
        kind,
    ):
        return "PLAIN"
    return "MAIN" if kind.startswith("numeric") or kind in ("inet", "cidr") else "EXTENDED"
