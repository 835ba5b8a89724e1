"""What depends on objects that are to be dropped, or on columns whose type is to change: what PostgreSQL would stop at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_safety.postgres.identifiers import quote_literal

if TYPE_CHECKING:
    from alembic_safety.postgres.session import Session

DROP, RETYPE, REBUILD = "drop", "retype", "rebuild"
_CLASS = "'pg_catalog.pg_class'::pg_catalog.regclass"
_RULE = "'pg_catalog.pg_rewrite'::pg_catalog.regclass"
#: Of each kind of object, as ``model.kinds`` names them, the rows (classid, objid, objsubid) of a name.
_FIND = {
    "relation": f"SELECT {_CLASS}, pg_catalog.to_regclass(CASE m.kind WHEN 'relation' THEN m.name END)::pg_catalog.oid, 0",
    "routine": "SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, pg_catalog.to_regprocedure(CASE m.kind WHEN 'routine' THEN m.name END)::pg_catalog.oid, 0",
    "type": "SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, pg_catalog.to_regtype(CASE m.kind WHEN 'type' THEN m.name END)::pg_catalog.oid, 0",
    "column": f"""SELECT {_CLASS}, a.attrelid, a.attnum FROM (SELECT c.oid UNION SELECT p.relid FROM pg_catalog.pg_partition_tree(c.oid) p) t (oid)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND NOT a.attisdropped AND pg_catalog.quote_ident(a.attname) = m.part""",
    "constraint": """SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, o.oid, 0 FROM pg_catalog.pg_constraint o
        WHERE o.conrelid = c.oid AND pg_catalog.quote_ident(o.conname) = m.part""",
}
_QUERY = """
WITH RECURSIVE named (n, how, kind, name, part) AS (VALUES {named}),
doomed (n, how, classid, objid, objsubid) AS ({found}),
going (n, classid, objid, objsubid) AS (
  SELECT n, classid, objid, objsubid::pg_catalog.int4 FROM doomed WHERE how = 'drop'
  UNION
  SELECT g.n, d.classid, d.objid, d.objsubid FROM going g JOIN pg_catalog.pg_depend d
    ON d.refclassid = g.classid AND d.refobjid = g.objid AND (g.objsubid = 0 OR d.refobjsubid = g.objsubid)
  WHERE d.deptype IN ('a', 'i', 'P', 'S')
),
stopping (n, classid, objid, objsubid, refclassid, refobjid, refobjsubid) AS (
  SELECT g.n, d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid FROM going g JOIN pg_catalog.pg_depend d
    ON d.refclassid = g.classid AND d.refobjid = g.objid AND (g.objsubid = 0 OR d.refobjsubid = g.objsubid)
  WHERE d.deptype = 'n'
  UNION ALL
  -- A column's type does not change under views, policies, triggers, SQL bodies, publications and generated columns.
  SELECT t.n, d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid FROM doomed t JOIN pg_catalog.pg_depend d
    ON d.refclassid = t.classid AND d.refobjid = t.objid AND d.refobjsubid = t.objsubid
  WHERE t.how = 'retype' AND (d.classid IN ({rule}, 'pg_catalog.pg_policy'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass,
      'pg_catalog.pg_publication_rel'::pg_catalog.regclass)
    OR EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND g.oid = d.objid AND NOT g.tgisinternal)
    OR EXISTS (SELECT FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
      WHERE a.attrelid = t.objid AND a.attnum <> t.objsubid AND a.attgenerated <> '' AND (
        d.classid = {class} AND a.attnum = d.objsubid OR d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND f.oid = d.objid)))
  UNION ALL
  -- Nor where a column elsewhere is made of the whole row.
  SELECT t.n, d.classid, d.objid, d.objsubid, t.classid, t.objid, t.objsubid FROM doomed t JOIN pg_catalog.pg_class c ON c.oid = t.objid
    JOIN pg_catalog.pg_type y ON y.oid = c.reltype JOIN pg_catalog.pg_depend d
      ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid IN (y.oid, y.typarray)
  WHERE t.how = 'retype' AND d.classid = {class} AND d.objsubid > 0
  UNION ALL
  -- A type that is built anew takes the project's own columns along.
  SELECT t.n, d.classid, d.objid, d.objsubid, t.classid, t.objid, 0 FROM doomed t JOIN pg_catalog.pg_type y ON y.oid = t.objid
    JOIN pg_catalog.pg_depend d ON d.refclassid = t.classid AND d.refobjid IN (y.oid, y.typarray)
  WHERE t.how = 'rebuild' AND d.deptype = 'n'
),
owned AS (
  SELECT s.n, s.refclassid, s.refobjid, s.refobjsubid, CASE WHEN r.oid IS NULL THEN s.classid ELSE {class} END AS classid,
    coalesce(r.ev_class, s.objid) AS objid, CASE WHEN r.oid IS NULL THEN s.objsubid ELSE 0 END AS objsubid
  FROM stopping s LEFT JOIN pg_catalog.pg_rewrite r ON s.classid = {rule} AND r.oid = s.objid AND r.rulename = '_RETURN'
)
SELECT DISTINCT o.n, i.type, i.identity, r.type, r.identity,
  coalesce((SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = CASE o.classid WHEN {class} THEN o.objid
      WHEN 'pg_catalog.pg_trigger'::pg_catalog.regclass THEN (SELECT tgrelid FROM pg_catalog.pg_trigger WHERE oid = o.objid)
      WHEN 'pg_catalog.pg_policy'::pg_catalog.regclass THEN (SELECT polrelid FROM pg_catalog.pg_policy WHERE oid = o.objid)
      WHEN 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN (SELECT conrelid FROM pg_catalog.pg_constraint WHERE oid = o.objid)
      WHEN 'pg_catalog.pg_attrdef'::pg_catalog.regclass THEN (SELECT adrelid FROM pg_catalog.pg_attrdef WHERE oid = o.objid) END), '')
FROM owned o
CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.classid, o.objid, o.objsubid) i
CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.refclassid, o.refobjid, o.refobjsubid) r
WHERE NOT EXISTS (SELECT FROM going w WHERE (w.classid, w.objid) = (o.classid, o.objid) AND w.objsubid IN (0, o.objsubid))
  -- Of a partition, what its parent has is the parent's.
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE o.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = o.objid AND k.conparentid <> 0)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE o.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND g.oid = o.objid AND g.tgparentid <> 0)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE (e.classid, e.objid) = (o.classid, o.objid) AND e.deptype = 'e')
ORDER BY 1, 2, 3
"""
_COLUMNS = """
SELECT m.name, pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.quote_ident(a.attname)
FROM (VALUES {named}) AS m (name) JOIN pg_catalog.pg_type t ON t.oid = pg_catalog.to_regtype(m.name)
JOIN pg_catalog.pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f') JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
"""


@dataclass(frozen=True, slots=True)
class Doomed:
    """Something that is to be dropped, built anew, or to get another type."""

    #: DROP, RETYPE (a column) or REBUILD (a type).
    how: str
    #: ``relation``, ``routine``, ``type``, ``column`` or ``constraint``.
    kind: str
    #: As SQL writes it; of a column or constraint that of its table.
    name: str
    #: The name of the column or constraint as SQL writes it.
    part: str = ""


@dataclass(frozen=True, slots=True)
class Dependent:
    """Something that depends on it, or on what goes with it."""

    #: As the server says it: ``view``, ``table constraint``, ``policy``, …
    type: str
    identity: str
    #: What it depends on.
    on: str
    #: The relation that it is, or is a part of; '' for none.
    relation: str


def dependents(session: Session, doomed: Sequence[Doomed]) -> list[tuple[Doomed, Dependent]]:
    """What depends on these and does not go with any of them; members of extensions are left out."""
    if not doomed:
        return []
    named = ", ".join(
        f"({n}, {', '.join(map(quote_literal, (one.how, one.kind, one.name, one.part)))})"
        for n, one in enumerate(doomed)
    )
    found = " UNION ALL ".join(
        f"SELECT m.n, m.how, f.classid, f.objid, f.objsubid FROM named m CROSS JOIN LATERAL (SELECT pg_catalog.to_regclass("
        f"CASE WHEN m.kind IN ('column', 'constraint') THEN m.name END)::pg_catalog.oid) c (oid) "
        f"CROSS JOIN LATERAL ({_FIND[kind]}) f (classid, objid, objsubid) WHERE m.kind = '{kind}' AND f.objid IS NOT NULL"
        for kind in sorted({one.kind for one in doomed})
    )
    query = (
        _QUERY.replace("{named}", named).replace("{found}", found).replace("{class}", _CLASS).replace("{rule}", _RULE)
    )
    return [
        (doomed[int(n)], Dependent(str(what), str(identity), f"{on_what} {on}", str(relation)))
        for n, what, identity, on_what, on, relation in session.fetch(query)
    ]


def columns_of(session: Session, types: Iterable[str]) -> Mapping[tuple[str, str], str]:
    """(table, column) of each column of these types or arrays of them, with the type."""
    named = ", ".join(f"({quote_literal(name)})" for name in sorted(types))
    if not named:
        return {}
    return {(str(table), str(column)): str(name) for name, table, column in session.fetch(_COLUMNS.format(named=named))}
