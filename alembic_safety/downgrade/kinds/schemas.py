"""Schemas, extensions, and other objects that live in no schema: languages, access methods, transforms."""

from __future__ import annotations

from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.model.catalog import CatalogObject
from alembic_safety.postgres.identifiers import quote_ident, quote_literal


class SchemaRules(Rules):
    """Schemas: only named, everything else about them is a fact."""

    rank: ClassVar[int] = 0
    rename_turn: ClassVar[int | None] = 0

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it without contents."""
        return [Step(f"CREATE SCHEMA {want.identity}")]


class ExtensionRules(Rules):
    """Extensions, with the version they had: first the server's choice, then by name."""

    rank: ClassVar[int] = 5
    followed: ClassVar[frozenset[str]] = frozenset({"extension_schema"})
    rename_turn: ClassVar[int | None] = None

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it in its schema; the version is named only where the default one turned out to be another."""
        version = f" VERSION {quote_literal(want.props['version'])}" if ctx.level(want) else ""
        return [Step(f"CREATE EXTENSION {want.identity} SCHEMA {want.props['extension_schema']}{version}")]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Move it to its schema; bring it to its version where an update path leads there."""
        steps = []
        if "extension_schema" in changed:
            steps.append(Step(f"ALTER EXTENSION {want.identity} SET SCHEMA {want.props['extension_schema']}"))
        if "version" in changed:
            if not now.props["version"] > want.props["version"]:
                return None
            steps.append(Step(f"ALTER EXTENSION {want.identity} UPDATE TO {quote_literal(want.props['version'])}"))
        return steps


class LanguageRules(Rules):
    """Procedural languages that belong to no extension."""

    rank: ClassVar[int] = 20

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it with its handlers."""
        return [Step(f"CREATE {self._definition(want)}")]

    def alter(
        self, now: CatalogObject, want: CatalogObject, changed: frozenset[str], ctx: Context
    ) -> list[Step] | None:
        """Replace its handlers in place: functions in that language stay."""
        return [Step(f"CREATE OR REPLACE {self._definition(want)}")]

    @staticmethod
    def _definition(want: CatalogObject) -> str:
        props = want.props
        parts = [f"{'TRUSTED ' if props['trusted'] else ''}LANGUAGE {want.identity} HANDLER {props['handler']}"]
        parts += [f"{key.upper()} {props[key]}" for key in ("inline", "validator") if props[key]]
        return " ".join(parts)


class AccessMethodRules(Rules):
    """Access methods of tables and indexes."""

    rank: ClassVar[int] = 20
    rename_turn: ClassVar[int | None] = None

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it with its handler function."""
        props = want.props
        return [Step(f"CREATE ACCESS METHOD {want.identity} TYPE {props['am_type']} HANDLER {props['handler']}")]


class TransformRules(Rules):
    """Transforms of a type for a language."""

    rename_turn: ClassVar[int | None] = None

    def spell(self, obj: CatalogObject, ctx: Context) -> str:
        """``TRANSFORM FOR type LANGUAGE language``."""
        return f"TRANSFORM FOR {obj.props['type']} LANGUAGE {quote_ident(obj.props['language'])}"

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Create it with its functions."""
        return [Step(want.props["definition"])]
