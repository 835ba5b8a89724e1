"""Default privileges: what new objects of a role are granted by themselves."""

from __future__ import annotations

from typing import ClassVar

from alembic_safety.downgrade.kinds.base import Context, Rules, Step
from alembic_safety.downgrade.kinds.grants import RELATION_LETTERS, Grant, Target, default_acl, full_letters, statements
from alembic_safety.model.catalog import CatalogObject

#: Object type -> (all letters, letters that PUBLIC has by default).
_TYPES = {
    "TABLES": (RELATION_LETTERS, ""),
    "SEQUENCES": ("rwU", ""),
    "FUNCTIONS": ("X", "X"),
    "TYPES": ("U", "U"),
    "SCHEMAS": ("UC", ""),
    "LARGE OBJECTS": ("rw", ""),
}


class DefaultAclRules(Rules):
    """Default privileges: undone first, or they would leak into everything that is created again."""

    first: ClassVar[bool] = True
    rename_turn: ClassVar[int | None] = None

    def create(self, want: CatalogObject, ctx: Context) -> list[Step]:
        """Grant and revoke, from the built-in default."""
        return between(None, want, ctx)

    def drop(self, now: CatalogObject, ctx: Context) -> list[Step]:
        """Grant and revoke until nothing differs from the built-in default: the server drops the entry then."""
        return between(now, None, ctx)


def between(now: CatalogObject | None, want: CatalogObject | None, ctx: Context) -> list[Step]:
    """ALTER DEFAULT PRIVILEGES statements from one entry to the other; None is the built-in default."""
    entry = want or now
    assert entry is not None
    role, schema = entry.props["role"], entry.props["for_schema"]
    letters, public = _TYPES[entry.props["object_type"]]
    letters = full_letters(letters, ctx.version)
    owner = _unquoted(role)
    builtin = default_acl(letters, public, owner) if schema is None else []
    present, wanted = (
        builtin if side is None else [Grant.parse(item) for item in side.acl or ()] for side in (now, want)
    )
    where = f" IN SCHEMA {schema}" if schema else ""
    whose = "" if owner == ctx.role else f" FOR ROLE {role}"
    prefix = f"ALTER DEFAULT PRIVILEGES{whose}{where} "
    target = Target(entry.props["object_type"], letters, prefix=prefix, me=ctx.role)
    return [Step(sql) for sql in statements(present, wanted, owner, target, ordered=want is not None)]


def _unquoted(role: str) -> str:
    return role[1:-1].replace('""', '"') if role.startswith('"') else role
