"""Whether the migrating role may do what the revisions did in the rehearsal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_safety.guard.preflight.kept import kept_by
from alembic_safety.guard.preflight.records import Line
from alembic_safety.guard.preflight.target import container, text_of
from alembic_safety.postgres.identifiers import quote_ident, quote_literal, schema_of
from alembic_safety.postgres.lock_modes import rank
from alembic_safety.rehearsal.closure import ABSENT, entries

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Pending, Target

_ROLE_CHANGES = re.compile(
    r"\bset\s+(local\s+|session\s+)?(role|session\s+authorization)\b|['\"]role['\"]", re.IGNORECASE
)
_RELATIONS = frozenset({"table", "view", "materialized_view", "foreign_table"})
#: Kinds that lie in a relation and are its owner's to change.
_PARTS = frozenset({"column", "default", "constraint", "trigger", "policy", "rule"})
#: Kinds that need CREATE on their schema when they are made.
_IN_SCHEMA = _RELATIONS | {"sequence", "enum", "domain", "composite", "range", "function", "procedure", "aggregate"}
_DDL = rank("ShareUpdateExclusiveLock")
_INDEX = re.compile(r"create\s+(unique\s+)?index\b", re.IGNORECASE)
_WHO = """
SELECT current_user::pg_catalog.text, rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user
"""
#: A member that does not inherit (INHERIT FALSE, NOINHERIT) has the owner's rights only after SET ROLE.
_OWNERS = """
SELECT named.identity, pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text, pg_catalog.pg_has_role(n.nspowner, 'USAGE'),
       pg_catalog.pg_has_role(c.relowner, 'MEMBER')
FROM pg_catalog.unnest({names}::pg_catalog.text[]) AS named (identity)
JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(named.identity)
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')
"""
#: What inherits from a table is altered with it, and only by its owner; partitions among it.
_INHERITORS = """
WITH RECURSIVE tree (identity, oid) AS (
  SELECT named.identity, pg_catalog.to_regclass(named.identity)::pg_catalog.oid
  FROM pg_catalog.unnest({names}::pg_catalog.text[]) AS named (identity)
  UNION
  SELECT t.identity, i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
)
SELECT t.identity, pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text,
       pg_catalog.pg_has_role(c.relowner, 'MEMBER'), c.relispartition
FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid <> pg_catalog.to_regclass(t.identity) AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE') ORDER BY 1, 2
"""
#: Types and routines, which are altered, replaced and dropped by their owner.
_OTHERS = """
SELECT named.kind, named.identity, pg_catalog.pg_get_userbyid(o.owner)::pg_catalog.text, pg_catalog.pg_has_role(n.nspowner, 'USAGE'),
       pg_catalog.pg_has_role(o.owner, 'MEMBER')
FROM (VALUES {names}) AS named (kind, identity)
JOIN LATERAL (
  SELECT t.typowner AS owner, t.typnamespace AS schema FROM pg_catalog.pg_type t
  WHERE named.kind = 'type' AND t.oid = pg_catalog.to_regtype(named.identity)
  UNION ALL
  SELECT p.proowner, p.pronamespace FROM pg_catalog.pg_proc p
  WHERE named.kind = 'function' AND p.oid = pg_catalog.to_regprocedure(named.identity)
) o ON true JOIN pg_catalog.pg_namespace n ON n.oid = o.schema
WHERE NOT pg_catalog.pg_has_role(o.owner, 'USAGE')
"""
_TYPES = frozenset({"enum", "domain", "composite", "range"})
_ROUTINES = frozenset({"function", "procedure", "aggregate"})
_OF_OTHERS = (
    r"\b(alter|drop|replace)\s+(type|domain|function|procedure|routine|aggregate)\s+(if\s+exists\s+)?"
    r"([\w$]+\.|\"[^\"]+\"\.)?\"?{name}\"?(?![\w$])"
)
#: What is done to a column of every table that inherits it, besides adding and dropping.
_EVERYWHERE = re.compile(r"\btype\b|\bset\s+not\s+null\b", re.IGNORECASE)
_ONLY = re.compile(r"\bonly\b", re.IGNORECASE)
_SCHEMAS = """
SELECT nspname::pg_catalog.text FROM pg_catalog.pg_namespace
WHERE nspname IN ({names}) AND NOT pg_catalog.has_schema_privilege(oid, 'CREATE')
"""
_READABLE = """
SELECT named.identity FROM pg_catalog.unnest({names}::pg_catalog.text[]) AS named (identity)
JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(named.identity)
WHERE NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')
"""
_THERE = "SELECT extname::pg_catalog.text FROM pg_catalog.pg_extension"
_DATABASE = "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"


@dataclass(frozen=True)
class _Demands:
    """What the revisions need: by identity of a relation, schema or extension the first that does."""

    altered: dict[str, str]
    #: Of these what goes as a whole, which the owner of its schema may do as well.
    dropped: set[str]
    schemas: dict[str, str]
    made_schemas: dict[str, str]
    extensions: dict[str, str]
    #: Tables whose rows are kept for the way back, so they are read.
    kept: dict[str, str]
    #: Tables of which a column is changed in all that inherit it.
    inherited: dict[str, str]
    #: Types and routines that are altered or dropped, by (``type`` | ``function``, identity); of these what is dropped.
    others: dict[tuple[str, str], str]
    gone: set[tuple[str, str]]


def look(target: Target) -> Iterator[Line]:
    """Relations that it does not own, schemas that it may not create in, schemas and extensions that it may not create.

    Sure only where no revision takes on another role.
    """
    user, is_superuser = target.session.fetch(_WHO)[0]
    if is_superuser or not target.is_upgrade:
        return
    sure = not any(p.revision is not None and _ROLE_CHANGES.search(text_of(p.revision)) for p in target.pending)
    demands = _demands(target)
    for text, remedy in _missing(target, demands, str(user)):
        yield Line(text=text, remedy=remedy, sure=sure)


def _missing(target: Target, demands: _Demands, user: str) -> Iterator[tuple[str, str]]:
    """What the role may not do, and how it could."""
    session, name = target.session, quote_ident(user)
    if demands.altered:
        names = "ARRAY[" + ", ".join(map(quote_literal, sorted(demands.altered))) + "]"
        for identity, owner, owns_schema, member in session.fetch(_OWNERS.format(names=names)):
            if not (owns_schema and identity in demands.dropped):
                yield _belongs(identity, owner, user, f"revision {demands.altered[identity]} changes it", member=member)
    if demands.inherited:
        names = "ARRAY[" + ", ".join(map(quote_literal, sorted(demands.inherited))) + "]"
        for parent, identity, owner, member, is_partition in session.fetch(_INHERITORS.format(names=names)):
            what = "a partition of" if is_partition else "and inherits from"
            by = f"revision {demands.inherited[parent]} changes it with {parent}"
            yield _belongs(f"{identity}, {what} {parent},", owner, user, by, member=member)
    if demands.others:
        names = ", ".join(f"({quote_literal(kind)}, {quote_literal(each)})" for kind, each in sorted(demands.others))
        for kind, identity, owner, owns_schema, member in session.fetch(_OTHERS.format(names=names)):
            if not (owns_schema and (kind, identity) in demands.gone):
                by = f"revision {demands.others[kind, identity]} changes it"
                yield _belongs(f"{kind} {identity}", owner, user, by, member=member)
    if demands.kept:
        names = "ARRAY[" + ", ".join(map(quote_literal, sorted(demands.kept))) + "]"
        for (identity,) in session.fetch(_READABLE.format(names=names)):
            yield (
                f"{user} may not read {identity}, whose rows revision {demands.kept[identity]} keeps for the way back",
                f"GRANT SELECT ON {identity} TO {name}",
            )
    if demands.schemas:
        schemas = ", ".join(map(quote_literal, sorted(demands.schemas)))
        for (schema,) in session.fetch(_SCHEMAS.format(names=schemas)):
            yield (
                f"{user} may not create anything in schema {schema}: revision {demands.schemas[schema]} does",
                f"GRANT CREATE ON SCHEMA {quote_ident(schema)} TO {name}",
            )
    there = {str(row[0]) for row in session.fetch(_THERE)} if demands.extensions else set()
    wanted = {
        **{f"schema {schema}": by for schema, by in demands.made_schemas.items()},
        **{f"extension {e}": by for e, by in demands.extensions.items() if e.strip('"') not in there},
    }
    if wanted and not session.fetch(_DATABASE)[0][0]:
        first = next(iter(wanted))
        yield (
            f"{user} may not create {first} in this database: revision {wanted[first]} does",
            f"GRANT CREATE ON DATABASE … TO {name}",
        )


def _belongs(what: str, owner: str, user: str, why: str, *, member: bool) -> tuple[str, str]:
    """What the role may not change, and how it could."""
    if member:
        remedy = (
            f"SET ROLE {quote_ident(owner)} in env.py, or let {user} inherit them (ALTER ROLE … INHERIT; from PostgreSQL 16 on "
            f"GRANT {quote_ident(owner)} TO {quote_ident(user)} WITH INHERIT TRUE)"
        )
        return f"{what} belongs to {owner}, whose rights {user} does not inherit: {why}", remedy
    return (
        f"{what} belongs to {owner}, and {user} is no member of that role: {why}",
        f"migrate as {owner}, or GRANT {quote_ident(owner)} TO {quote_ident(user)}",
    )


def _demands(target: Target) -> _Demands:
    demands = _Demands({}, set(), {}, {}, {}, {}, {}, {}, set())
    made: set[str] = set()
    for pending in target.pending:
        changed = _changed(pending, demands, made)
        for _, table, _ in kept_by(pending.revision.source if pending.revision is not None else ""):
            demands.kept.setdefault(table, pending.id)
        locked = {
            name
            for activity in pending.activity or ()
            for name, mode in activity.locks.items()
            # What follows from a change elsewhere (a view over a renamed column) is changed without a lock.
            if rank(mode) >= _DDL and (name in changed or _INDEX.match(activity.sql))
        }
        demands.altered.update({name: pending.id for name in locked - made if name not in demands.altered})
        _of_inheritors(pending, demands, locked - made - demands.dropped)
        _of_others(pending, demands, made)
    for schema in made & demands.schemas.keys():
        del demands.schemas[schema]
    return demands


def _changed(pending: Pending, demands: _Demands, made: set[str]) -> set[str]:
    """Relations that a revision changes, as such or in a part; what it makes goes into the demands, and into ``made``."""
    changed: set[str] = set()
    closure = pending.seen.closure if pending.seen is not None else None
    for (kind, identity), was, is_ in entries(closure or {}):
        if was == is_:
            continue
        if was == ABSENT:
            if kind == "schema":
                demands.made_schemas.setdefault(identity, pending.id)
                made.add(identity)
            elif kind == "extension":
                demands.extensions.setdefault(identity, pending.id)
            elif kind in _IN_SCHEMA:
                demands.schemas.setdefault(schema_of(identity), pending.id)
                made.add(identity)
        if kind in _RELATIONS and was != ABSENT:
            changed.add(identity)
            if is_ == ABSENT:
                demands.dropped.add(identity)
        elif kind in _PARTS and not (kind == "trigger" and was == ABSENT):  # a right of its own
            changed.add(container(identity))
    return changed


def _of_inheritors(pending: Pending, demands: _Demands, tables: AbstractSet[str]) -> None:
    """Tables of which the revision certainly changes a column in all that inherit it."""
    closure = (pending.seen.closure if pending.seen is not None else None) or {}
    columns = {
        container(identity): ABSENT in (was, is_)
        for (kind, identity), was, is_ in sorted(entries(closure), key=lambda row: ABSENT in row)
        if kind == "column" and was != is_
    }
    for table in tables & columns.keys():
        texts = [one.sql for one in pending.activity or () if table in one.locks]
        if not any(map(_ONLY.search, texts)) and (columns[table] or any(map(_EVERYWHERE.search, texts))):
            demands.inherited.setdefault(table, pending.id)


def _of_others(pending: Pending, demands: _Demands, made: set[str]) -> None:
    """Types and routines that the revision's own text alters, replaces or drops."""
    closure = (pending.seen.closure if pending.seen is not None else None) or {}
    text = text_of(pending.revision) if pending.revision is not None else ""
    for (kind, identity), was, is_ in entries(closure):
        if was in (is_, ABSENT) or identity in made or kind not in _TYPES | _ROUTINES:
            continue
        name = re.sub(r"\(.*", "", identity).rpartition(".")[2].strip('"')
        if re.search(_OF_OTHERS.format(name=re.escape(name)), text, re.IGNORECASE):
            key = ("type" if kind in _TYPES else "function", identity)
            demands.others.setdefault(key, pending.id)
            if is_ == ABSENT:
                demands.gone.add(key)
