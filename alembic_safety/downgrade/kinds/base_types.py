"""Types that are neither enum, domain nor composite: ranges, base types with functions of their own, shells."""

from __future__ import annotations

from typing import Any, ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.model.catalog import CatalogObject
from alembic_safety.postgres.identifiers import qualified, quote_ident, quote_literal

#: Property -> word of CREATE TYPE, for what is written as a name.
_BASE_NAMES = {
    "input": "INPUT",
    "output": "OUTPUT",
    "receive": "RECEIVE",
    "send": "SEND",
    "typmod_in": "TYPMOD_IN",
    "typmod_out": "TYPMOD_OUT",
    "analyze": "ANALYZE",
    "subscript": "SUBSCRIPT",
}
_ALIGNMENT = {"c": "char", "s": "int2", "i": "int4", "d": "double"}
#: What ALTER TYPE … SET can change.
_SETTABLE = {key: word for key, word in _BASE_NAMES.items() if key not in ("input", "output")} | {"storage": "STORAGE"}


class ShellTypeRules(Rules):
    """Types of which only the name has been promised."""

    rank: ClassVar[int] = 25

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Promise it."""
        return [Step(f"CREATE TYPE {want.identity}")]


class RangeRules(Rules):
    """Range types, each with its multirange type."""

    rank: ClassVar[int] = 25
    replaceable: ClassVar[bool] = True
    rebuildable: ClassVar[bool] = True

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it from its parts."""
        props = want.props
        parts = [f"SUBTYPE = {props['subtype']}"]
        words = {
            "operator_class": "SUBTYPE_OPCLASS",
            "collation": "COLLATION",
            "canonical": "CANONICAL",
            "subtype_diff": "SUBTYPE_DIFF",
        }
        parts += [f"{word} = {props[key]}" for key, word in words.items() if props[key]]
        if props["multirange"] != _own_multirange(want):
            parts.append(f"MULTIRANGE_TYPE_NAME = {props['multirange']}")
        return [Step(f"CREATE TYPE {want.identity} AS RANGE ({', '.join(parts)})")]

    def rename(self, now: CatalogObject, name: str, ctx: Context) -> list[Step]:
        """Rename it; its multirange keeps its name, unless both make room for another type of the same name."""
        steps = super().rename(now, name, ctx)
        names = {(o.identity, o.props["multirange"]) for o in ctx.before.of_kind("range")}
        if (now.identity, now.props["multirange"]) in names and name not in {
            o.name for o in ctx.before.of_kind("range")
        }:
            steps += _constructors_aside(now, name)
        return steps

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Only its multirange type can have another name."""
        if (
            changed != {"multirange"}
            or now.props["multirange"].partition(".")[0] != want.props["multirange"].partition(".")[0]
        ):
            return None
        name = want.props["multirange"].partition(".")[2]
        return [Step(f"ALTER TYPE {now.props['multirange']} RENAME TO {name}")]

    def stand_in(self, want: CatalogObject, ctx: Context) -> list[Step] | None:
        """A promise of its name is enough for the function that brings its values into canonical form."""
        return [Step(f"CREATE TYPE {want.identity}")]

    def complete(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Define what was promised."""
        return self.create(want, ctx)

    def drop(self, now: CatalogObject, ctx: Context) -> list[Step]:
        """Drop it, along with its canonical function where it has one: each needs the other."""
        cascade = " CASCADE" if now.props["canonical"] else ""
        reason = "takes along the function that needs it and that it needs" if cascade else ""
        return [Step(f"DROP {self.spell(now, ctx)}{cascade}", reason=reason)]


def _constructors_aside(now: CatalogObject, name: str) -> list[Step]:
    """The multirange type and the functions that came with the range type bear the names that the other one needs."""
    subtype, multirange = now.props["subtype"], now.props["multirange"]
    renamed = qualified(now.schema, name)
    ranges = [f"{now.identity}({subtype}, {subtype})", f"{now.identity}({subtype}, {subtype}, text)"]
    multiranges = [f"{multirange}()", f"{multirange}({renamed})", f"{multirange}({renamed}[])"]
    steps = [Step(f"ALTER FUNCTION {each} RENAME TO {quote_ident(name)}") for each in ranges]
    steps += [Step(f"ALTER FUNCTION {each} RENAME TO {quote_ident(name + '_multi')}") for each in multiranges]
    return [*steps, Step(f"ALTER TYPE {multirange} RENAME TO {quote_ident(name + '_multi')}")]


def _own_multirange(want: CatalogObject) -> str:
    """The name that the server chooses for the multirange type."""
    name = want.name.replace("range", "multirange", 1) if "range" in want.name else f"{want.name}_multirange"
    return qualified(want.schema, name)


class BaseTypeRules(Rules):
    """Base types: they and their input and output functions need each other."""

    rank: ClassVar[int] = 25
    rebuildable: ClassVar[bool] = True

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Define it; its name has been promised and its functions exist."""
        return [Step(f"CREATE TYPE {want.identity} ({', '.join(_base_parts(want.props))})")]

    def stand_in(self, want: CatalogObject, ctx: Context) -> list[Step] | None:
        """A promise of its name, for its input and output functions."""
        return [Step(f"CREATE TYPE {want.identity}")]

    def complete(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Define what was promised."""
        return self.create(want, ctx)

    def drop(self, now: CatalogObject, ctx: Context) -> list[Step]:
        """Drop it along with its functions: neither can go first."""
        return [Step(f"DROP {self.spell(now, ctx)} CASCADE", reason="takes its input and output functions along")]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """ALTER TYPE … SET for what the server can change."""
        if not changed <= set(_SETTABLE):
            return None
        parts = [f"{_SETTABLE[key]} = {want.props[key] or 'NONE'}" for key in _SETTABLE if key in changed]
        return [Step(f"ALTER TYPE {want.identity} SET ({', '.join(parts)})")]


def _base_parts(props: Any) -> list[str]:
    parts = [f"{word} = {props[key]}" for key, word in _BASE_NAMES.items() if props[key]]
    parts.append(f"INTERNALLENGTH = {'VARIABLE' if props['length'] == -1 else props['length']}")
    if props["by_value"]:
        parts.append("PASSEDBYVALUE")
    parts.append(f"ALIGNMENT = {_ALIGNMENT[props['alignment']]}")
    parts.append(f"STORAGE = {props['storage']}")
    if props["category"] != "U":
        parts.append(f"CATEGORY = {quote_literal(props['category'])}")
    if props["preferred"]:
        parts.append("PREFERRED = true")
    if props["default"] is not None:
        parts.append(f"DEFAULT = {quote_literal(props['default'])}")
    if props["element"]:
        parts.append(f"ELEMENT = {props['element']}")
    if props["delimiter"] != ",":
        parts.append(f"DELIMITER = {quote_literal(props['delimiter'])}")
    if props["collatable"]:
        parts.append("COLLATABLE = true")
    return parts
