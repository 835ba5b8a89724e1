"""What every kind of object can have besides its structure: owner, grants, comment, security labels."""

from __future__ import annotations

from collections.abc import Mapping

from alembic_safety.downgrade.kinds.base import Context, Step
from alembic_safety.downgrade.kinds.default_acl import between
from alembic_safety.downgrade.kinds.grants import (
    RELATION_LETTERS,
    Grant,
    Target,
    default_acl,
    full_letters,
    role_words,
    statements,
    with_owner,
)
from alembic_safety.model.catalog import CatalogObject
from alembic_safety.postgres.identifiers import qualified, quote_ident, quote_literal

#: Kind -> (words after ON, all letters, letters that PUBLIC has by default, word of ALTER DEFAULT PRIVILEGES).
_GRANTABLE: Mapping[str, tuple[str, str, str, str]] = {
    "table": ("TABLE", RELATION_LETTERS, "", "TABLES"),
    "foreign_table": ("TABLE", RELATION_LETTERS, "", "TABLES"),
    "view": ("TABLE", RELATION_LETTERS, "", "TABLES"),
    "materialized_view": ("TABLE", RELATION_LETTERS, "", "TABLES"),
    "column": ("TABLE", "arwx", "", ""),
    "sequence": ("SEQUENCE", "rwU", "", "SEQUENCES"),
    "schema": ("SCHEMA", "UC", "", "SCHEMAS"),
    "language": ("LANGUAGE", "U", "U", ""),
    "enum": ("TYPE", "U", "U", "TYPES"),
    "domain": ("TYPE", "U", "U", "TYPES"),
    "composite": ("TYPE", "U", "U", "TYPES"),
    "range": ("TYPE", "U", "U", "TYPES"),
    "base_type": ("TYPE", "U", "U", "TYPES"),
    "function": ("FUNCTION", "X", "X", "FUNCTIONS"),
    "procedure": ("PROCEDURE", "X", "X", "FUNCTIONS"),
    "aggregate": ("FUNCTION", "X", "X", "FUNCTIONS"),
    "foreign_data_wrapper": ("FOREIGN DATA WRAPPER", "U", "", ""),
    "server": ("FOREIGN SERVER", "U", "", ""),
}
#: Kinds whose owner the server does not let anybody change by itself.
_OWNER_FIXED = frozenset({"extension"})
#: What CREATE itself writes as the comment.
_OWN_COMMENT = frozenset({"extension"})


def facts(now: CatalogObject | None, want: CatalogObject, ctx: Context) -> list[Step]:
    """Statements that give an object its owner, grants, comment and labels back; nothing where they are as wanted.

    :param now: the object as it is; None when the plan itself has just created it.
    """
    return [*_owner(now, want, ctx), *_acl(now, want, ctx), *_comment(now, want, ctx), *_labels(now, want, ctx)]


def _owner(now: CatalogObject | None, want: CatalogObject, ctx: Context) -> list[Step]:
    if want.owner is None or want.kind in _OWNER_FIXED or follows_its_table(want):
        return []
    if want.owner == (ctx.role if now is None else now.owner):
        return []
    return [Step(f"ALTER {_spelled(want, ctx)} OWNER TO {role_words(want.owner, ctx.role)}")]


def follows_its_table(obj: CatalogObject) -> bool:
    """Whether an object changes its owner along with a table and never alone (sequences of columns)."""
    return obj.kind == "sequence" and bool(obj.props["owned_by"] or obj.props["identity"])


def _acl(now: CatalogObject | None, want: CatalogObject, ctx: Context) -> list[Step]:
    if want.kind == "default_acl":
        return between(now, want, ctx) if now is not None else []
    if want.kind not in _GRANTABLE:
        return []
    words, letters, public, objtype = _GRANTABLE[want.kind]
    letters = full_letters(letters, ctx.version)
    owner = _acl_owner(want, ctx)
    default = [] if want.kind == "column" else default_acl(letters, public, owner)
    wanted = default if want.acl is None else [Grant.parse(item) for item in want.acl]
    if now is None:
        present = default if want.kind == "column" else _as_created(default, want, objtype, ctx, owner)
    elif now.acl is None:
        present = default
    else:
        present = [Grant.parse(item) for item in now.acl]
        if now.owner is not None and now.owner != owner:
            present = with_owner(present, now.owner, owner)
    if want.kind == "column":
        target = Target(f"TABLE {ctx.parent(want).identity}", letters, column=quote_ident(want.name), me=ctx.role)
    else:
        target = Target(f"{words} {_granted_name(want)}", letters, me=ctx.role)
    return [Step(sql) for sql in statements(present, wanted, owner, target, ordered=want.acl is not None)]


def _acl_owner(want: CatalogObject, ctx: Context) -> str:
    if want.kind == "column":
        return ctx.parent(want).owner or ctx.role
    return want.owner or ctx.role


def _as_created(default: list[Grant], want: CatalogObject, objtype: str, ctx: Context, owner: str) -> list[Grant]:
    """The list that default privileges give to a new object of the role that runs the statements."""
    entries = [
        entry
        for entry in ctx.before.of_kind("default_acl")
        if entry.props["object_type"] == objtype and entry.props["role"] == quote_ident(ctx.role)
    ]
    result = [Grant(g.grantee, g.grantor, dict(g.letters)) for g in default]
    result = with_owner(result, owner, ctx.role)
    for entry in entries:
        if entry.props["for_schema"] is None:
            result = [Grant.parse(item) for item in entry.acl or ()]
    schema = quote_ident(want.schema) if want.schema else None
    for entry in entries:
        if schema is not None and entry.props["for_schema"] == schema:
            result = with_owner([*result, *(Grant.parse(item) for item in entry.acl or ())], ctx.role, ctx.role)
    return with_owner(result, ctx.role, owner)


def _granted_name(obj: CatalogObject) -> str:
    if obj.kind != "aggregate":
        return obj.identity
    direct, _, ordered = str(obj.props["identity_arguments"]).rpartition("ORDER BY ")
    direct = direct.strip()
    # VARIADIC "any" stands for both lists of a hypothetical-set aggregate at once.
    arguments = ordered if not direct or (direct == ordered and "VARIADIC" in direct) else f"{direct}, {ordered}"
    return f"{qualified(obj.schema, obj.name)}({'' if arguments == '*' else arguments})"


def _comment(now: CatalogObject | None, want: CatalogObject, ctx: Context) -> list[Step]:
    written_by_create = now is None and want.kind in _OWN_COMMENT
    if written_by_create and not ctx.level(want):
        return []
    if not written_by_create and want.comment == (None if now is None else now.comment):
        return []
    text = "NULL" if want.comment is None else quote_literal(want.comment)
    return [Step(f"COMMENT ON {_spelled(want, ctx)} IS {text}")]


def _labels(now: CatalogObject | None, want: CatalogObject, ctx: Context) -> list[Step]:
    present = {} if now is None else dict(now.labels)
    wanted = dict(want.labels)
    steps = []
    for provider in [*wanted, *(p for p in present if p not in wanted)]:
        label = wanted.get(provider)
        if label != present.get(provider):
            text = "NULL" if label is None else quote_literal(label)
            steps.append(Step(f"SECURITY LABEL FOR {quote_ident(provider)} ON {_spelled(want, ctx)} IS {text}"))
    return steps


def _spelled(obj: CatalogObject, ctx: Context) -> str:
    from alembic_safety.downgrade.kinds import rules_of  # the mapping imports every module here

    return rules_of(obj.kind).spell(obj, ctx)
