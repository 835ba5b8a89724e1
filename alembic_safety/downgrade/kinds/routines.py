"""Functions, procedures and aggregates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.postgres.catalog import undrift
from alembic_safety.postgres.identifiers import qualified

_WORD = re.compile(r'[^\W\d][\w$]*|"(?:[^"]|"")+"')
_DEFAULT = re.compile(r"\sDEFAULT\s")
_REPLACE = re.compile(r"\ACREATE OR REPLACE ")


class FunctionRules(Rules):
    """Functions and procedures: replaced in place where the server permits that, else with everything that uses them."""

    #: Late among what doesn't depend on each other: bodies written as strings hide what they use.
    rank: ClassVar[int] = 60

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it; after a first attempt failed without the check of its body, which may use what comes later."""
        definition = _REPLACE.sub("CREATE ", _written(want))
        if not ctx.level(want):
            return [Step(definition)]
        return [
            Step("SET LOCAL check_function_bodies = off", reason="its body uses what is created later"),
            Step(definition),
            Step("SET LOCAL check_function_bodies = on"),
        ]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """CREATE OR REPLACE, which can change neither the result nor names of arguments, and take no default away."""
        if changed & {"identity", "result", "window"} or not _same_arguments(now, want):
            return None
        return [Step(_written(want))]

    def mentions(self, obj: CatalogObject) -> Iterable[str]:
        """Every word of a body that is a string."""
        body = obj.props["definition"].rstrip().partition("\nAS ")[2]
        return {w[1:-1].replace('""', '"') if w.startswith('"') else w.lower() for w in _WORD.findall(body)} - {
            obj.name
        }

    def dropped_with(self, now: CatalogObject, ctx: Context) -> Address | None:
        """The base type or range type that needs it, while it needs the type itself."""
        mine = ctx.now.needs.get(now.address, set())
        for address in ctx.now.needed_by.get(now.address, set()):
            user = ctx.now.objects.get(address)
            if user is not None and user.kind in ("base_type", "range") and address in mine:
                return address
        return None


class ProcedureRules(FunctionRules):
    """Procedures: arguments of mode OUT are part of what identifies them."""

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``PROCEDURE public.p(OUT n integer)``: with all arguments, as the server wants it."""
        return f"PROCEDURE {qualified(obj.schema, obj.name)}({obj.props['identity_arguments']})"


class AggregateRules(Rules):
    """Aggregates."""

    rank: ClassVar[int] = 61

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``AGGREGATE public.total(integer)``, with the ORDER BY of ordered-set aggregates."""
        return f"AGGREGATE {qualified(obj.schema, obj.name)}({obj.props['identity_arguments'] or '*'})"

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it from its parts."""
        return [Step(want.props["definition"])]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Replace it in place; the server refuses where the result or the kind differs."""
        if changed != {"definition"}:
            return None
        return [Step(want.props["definition"].replace("CREATE AGGREGATE", "CREATE OR REPLACE AGGREGATE", 1))]


def _written(want: CatalogObject) -> str:
    """The definition as it has to be written; a body that is a string stays as it is."""
    head, body, text = str(want.props["definition"]).rstrip().partition("\nAS ")
    return undrift(head) + body + text


def _same_arguments(now: CatalogObject, want: CatalogObject) -> bool:
    have, wish = now.props, want.props
    if have["arguments"] == wish["arguments"]:
        return True
    unnamed = have["identity_arguments"] == now.identity[now.identity.index("(") + 1 : -1].replace(",", ", ")
    if have["identity_arguments"] != wish["identity_arguments"] and not unnamed:
        return False
    return len(_DEFAULT.findall(have["arguments"])) <= len(_DEFAULT.findall(wish["arguments"]))
