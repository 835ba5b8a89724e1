"""Whether the migrating role could take a revision back: types that its downgrade builds anew, and who uses them here; publications."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_safety.downgrade.aside import ASIDE
from alembic_safety.guard.preflight.records import Line
from alembic_safety.postgres.identifiers import quote_ident, quote_literal
from alembic_safety.rehearsal.closure import ABSENT, entries

if TYPE_CHECKING:
    from alembic_safety.guard.preflight.target import Target

#: A type that a written downgrade puts aside: by its name, in double quotes where it needs them.
_PUT_ASIDE = re.compile(rf'ALTER (?:TYPE|DOMAIN) ((?:[\w$.]|\\?"(?:[^"\\]|"")*\\?")+) RENAME TO \\?"?[^;\s]*{ASIDE}')
#: Whatever has to be moved over to the new type, that the role may not alter: relations by their columns and by what they select,
#: other types, and functions by their arguments. By type: what it is, its name, its owner, whether the role may look into the schema.
_USERS = """
WITH RECURSIVE used (named, classid, objid, objsubid) AS (
  SELECT named.type, 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid, pg_catalog.to_regtype(named.type)::pg_catalog.oid, 0
  FROM pg_catalog.unnest({names}::pg_catalog.text[]) AS named (type)
  UNION
  SELECT u.named, d.classid, d.objid, d.objsubid FROM used u JOIN pg_catalog.pg_depend d
    ON d.refclassid = u.classid AND d.refobjid = u.objid AND d.refobjsubid = u.objsubid AND d.deptype IN ('n', 'a', 'i')
)
SELECT DISTINCT u.named, owned.what, owned.name, pg_catalog.pg_get_userbyid(owned.owner)::pg_catalog.text
FROM used u CROSS JOIN LATERAL (
  SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'c' THEN 'type' ELSE 'table' END AS what,
    pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.relowner AS owner, c.relnamespace AS namespace
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND c.oid = CASE u.classid
    WHEN 'pg_catalog.pg_class'::pg_catalog.regclass THEN u.objid
    WHEN 'pg_catalog.pg_rewrite'::pg_catalog.regclass THEN (SELECT ev_class FROM pg_catalog.pg_rewrite r WHERE r.oid = u.objid)
  END
  UNION ALL
  SELECT 'type', pg_catalog.format('%I.%I', n.nspname, t.typname), t.typowner, t.typnamespace
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  WHERE u.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.oid = u.objid AND t.typtype = 'd'
  UNION ALL
  SELECT 'function', pg_catalog.format('%I.%I', n.nspname, p.proname), p.proowner, p.pronamespace
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE u.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.oid = u.objid
) owned
WHERE NOT (pg_catalog.pg_has_role(owned.owner, 'USAGE') AND pg_catalog.has_schema_privilege(owned.namespace, 'USAGE'))
ORDER BY 1, 2, 3
"""
#: Publications of roles that the migrating one is no member of, with the tables among these that they name.
_PUBLISHED = """
SELECT named.name, p.pubname::pg_catalog.text, pg_catalog.pg_get_userbyid(p.pubowner)::pg_catalog.text
FROM pg_catalog.unnest({names}::pg_catalog.text[]) AS named (name)
JOIN pg_catalog.pg_publication_rel r ON r.prrelid = pg_catalog.to_regclass(named.name)
JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
WHERE NOT pg_catalog.pg_has_role(p.pubowner, 'USAGE') ORDER BY 1, 2
"""


def look(target: Target) -> Iterator[Line]:
    """What of other roles would have to be moved over to a type that a downgrade builds anew, or would have to name its tables again."""
    if not target.is_upgrade:
        return
    user = str(target.session.fetch("SELECT current_user::pg_catalog.text")[0][0])
    yield from _published(target, user)
    yield from _built_anew(target, user)


def _published(target: Target, user: str) -> Iterator[Line]:
    dropped: dict[str, str] = {}
    for pending in target.pending:
        closure = pending.seen.closure if pending.seen is not None else None
        for (kind, identity), was, is_ in entries(closure or {}):
            if kind == "table" and was != ABSENT and is_ == ABSENT:
                dropped.setdefault(identity, pending.id)
    if not dropped:
        return
    names = "ARRAY[" + ", ".join(map(quote_literal, sorted(dropped))) + "]"
    for table, publication, owner in target.session.fetch(_PUBLISHED.format(names=names)):
        yield Line(
            text=f"revision {dropped[table]} drops table {table} out of publication {quote_ident(publication)}, and {user} could not put it "
            f"back there: it belongs to {owner}",
            remedy=f"GRANT {quote_ident(owner)} TO {quote_ident(user)}, or take the table out of the publication yourself, before it is taken back",
        )


def _built_anew(target: Target, user: str) -> Iterator[Line]:
    rebuilt: dict[str, str] = {}
    for pending in target.pending:
        source = pending.revision.source if pending.revision is not None else ""
        for name in _PUT_ASIDE.findall(source):
            rebuilt.setdefault(name.replace("\\", ""), pending.id)
    if not rebuilt:
        return
    names = "ARRAY[" + ", ".join(map(quote_literal, sorted(rebuilt))) + "]"
    for named, what, name, owner in target.session.fetch(_USERS.format(names=names)):
        yield Line(
            text=f"revision {rebuilt[named]} could not be taken back by {user}: the way back builds type {named} anew, and "
            f"{what} {name}, which uses it, belongs to {owner}",
            remedy=f"GRANT {quote_ident(owner)} TO {quote_ident(user)}, and USAGE on its schema, before it is taken back",
        )
