"""Whether the migrating role may do what the revisions did in the rehearsal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_safety.guard.preflight.records import Line
from alembic_safety.guard.preflight.target import container
from alembic_safety.postgres.identifiers import quote_ident, quote_literal
from alembic_safety.rehearsal.closure import ABSENT, entries

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Target

_ROLE_CHANGES = re.compile(
    r"\bset\s+(local\s+|session\s+)?(role|session\s+authorization)\b|['\"]role['\"]", re.IGNORECASE
)
_RELATIONS = frozenset({"table", "view", "materialized_view", "sequence", "foreign_table", "index"})
#: Kinds that lie in a relation and are its owner's to change.
_PARTS = frozenset({"column", "default", "constraint", "trigger", "policy", "rule"})
#: Kinds that need CREATE on their schema when they are made.
_IN_SCHEMA = (_RELATIONS - {"index"}) | {"enum", "domain", "composite", "range", "function", "procedure", "aggregate"}
_INDEX = re.compile(r"create\s+(unique\s+)?index\b", re.IGNORECASE)
_WHO = """
SELECT current_user::pg_catalog.text, rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user
"""
_OWNERS = """
SELECT named.identity, pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text
FROM pg_catalog.unnest({names}::pg_catalog.text[]) AS named (identity)
JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(named.identity)
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')
"""
_SCHEMAS = """
SELECT nspname::pg_catalog.text FROM pg_catalog.pg_namespace
WHERE nspname IN ({names}) AND NOT pg_catalog.has_schema_privilege(oid, 'CREATE')
"""
_DATABASE = "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"


def look(target: Target) -> Iterator[Line]:
    """Relations that it does not own, schemas that it may not create in, extensions that need a superuser.

    Sure only where no revision takes on another role.
    """
    user, is_superuser = target.session.fetch(_WHO)[0]
    if is_superuser or not target.is_upgrade:
        return
    changes_role = any(p.revision is None or _ROLE_CHANGES.search(_text(p.revision)) for p in target.pending)
    altered, schemas, made_schemas, extensions = _demands(target)
    if altered:
        names = "ARRAY[" + ", ".join(map(quote_literal, sorted(altered))) + "]"
        for identity, owner in target.session.fetch(_OWNERS.format(names=names)):
            yield Line(
                text=f"{identity} belongs to {owner}, and {user} is no member of that role: revision "
                f"{altered[identity]} changes it",
                remedy=f"migrate as {owner}, or GRANT {quote_ident(owner)} TO {quote_ident(user)}",
                sure=not changes_role,
            )
    if schemas:
        for (schema,) in target.session.fetch(_SCHEMAS.format(names=", ".join(map(quote_literal, sorted(schemas))))):
            yield Line(
                text=f"{user} may not create anything in schema {schema}: revision {schemas[schema]} does",
                remedy=f"GRANT CREATE ON SCHEMA {quote_ident(schema)} TO {quote_ident(user)}",
                sure=not changes_role,
            )
    if (made_schemas or extensions) and not target.session.fetch(_DATABASE)[0][0]:
        what = "schemas" if made_schemas else "extensions"
        yield Line(
            text=f"{user} may not create {what} in this database: revision {(made_schemas or extensions)[0]} does",
            remedy=f"GRANT CREATE ON DATABASE … TO {quote_ident(user)}",
            sure=not changes_role,
        )


def _demands(target: Target) -> tuple[dict[str, str], dict[str, str], list[str], list[str]]:
    """By identity of a relation that is there and schema the first revision that changes it or makes something in it."""
    altered: dict[str, str] = {}
    schemas: dict[str, str] = {}
    made_schemas: list[str] = []
    extensions: list[str] = []
    made: set[str] = set()
    for pending in target.pending:
        for activity in pending.activity or ():
            if _INDEX.match(activity.sql):
                altered.update(
                    {name: pending.id for name in activity.locks if name not in altered and name not in made}
                )
        closure = pending.proof.closure if pending.proof is not None else None
        for (kind, identity), was, is_ in entries(closure or {}):
            if was == is_:
                continue
            relation = identity if kind in _RELATIONS else container(identity) if kind in _PARTS else ""
            if was == ABSENT and kind == "schema":
                made_schemas.append(pending.id)
                made.add(identity)
            elif was == ABSENT and kind == "extension":
                extensions.append(pending.id)
            elif was == ABSENT and kind in _IN_SCHEMA:
                schemas.setdefault(_schema(identity), pending.id)
                made.add(identity)
            elif relation and relation not in made and not (kind in _RELATIONS and was == ABSENT):
                altered.setdefault(relation, pending.id)
    return altered, {name: by for name, by in schemas.items() if name not in made}, made_schemas, extensions


def _schema(identity: str) -> str:
    """The schema's bare name, of ``public.t`` or ``"My schema".t``."""
    if identity.startswith('"'):
        found = re.match(r'"((?:[^"]|"")*)"', identity)
        return found[1].replace('""', '"') if found else identity
    return identity.partition(".")[0]


def _text(revision: object) -> str:
    source = str(getattr(revision, "source", ""))
    files = getattr(revision, "sql_files", ())
    return source + "".join(file.read_text(encoding="utf-8", errors="replace") for file in files)
