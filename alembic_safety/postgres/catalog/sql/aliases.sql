-- Catalog rows that are no objects of their own, and the object that each belongs to; one text, a line each.
SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.catalog, x.oid, x.of_catalog, x.of_oid, x.of_sub), E'\n') FROM (
-- Row types, array types, multiranges; a composite type's relation.
SELECT 'pg_type' AS catalog, t.oid,
       CASE WHEN t.typrelid <> 0 THEN 'pg_class' ELSE 'pg_type' END AS of_catalog,
       CASE WHEN t.typrelid <> 0 THEN t.typrelid WHEN t.typtype = 'm' THEN r.rngtypid ELSE t.typelem END AS of_oid,
       0 AS of_sub
FROM pg_catalog.pg_type t
LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
LEFT JOIN pg_catalog.pg_range r ON r.rngmultitypid = t.oid
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
WHERE {user:t.oid} AND {only:t.oid} AND ((t.typrelid <> 0 AND c.relkind <> 'c') OR t.typtype = 'm' OR e.oid IS NOT NULL)
UNION ALL
SELECT 'pg_class', c.oid, 'pg_type', c.reltype, 0
FROM pg_catalog.pg_class c
WHERE {user:c.oid} AND c.relkind = 'c' AND {only:c.oid}
UNION ALL
SELECT 'pg_rewrite', w.oid, 'pg_class', w.ev_class, 0
FROM pg_catalog.pg_rewrite w
WHERE {user:w.oid} AND w.rulename = '_RETURN' AND {only:w.oid}
UNION ALL
SELECT 'pg_attrdef', d.oid, 'pg_class', d.adrelid, d.adnum
FROM pg_catalog.pg_attrdef d
JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE {user:d.oid} AND a.attgenerated <> '' AND {only:d.oid}
UNION ALL
-- A constraint trigger's constraint, and the triggers that enforce a constraint.
SELECT CASE WHEN k.contype = 't' THEN 'pg_constraint' ELSE 'pg_trigger' END,
       CASE WHEN k.contype = 't' THEN k.oid ELSE g.oid END,
       CASE WHEN k.contype = 't' THEN 'pg_trigger' ELSE 'pg_constraint' END,
       CASE WHEN k.contype = 't' THEN g.oid ELSE k.oid END,
       0
FROM pg_catalog.pg_trigger g
JOIN pg_catalog.pg_constraint k ON k.oid = g.tgconstraint
WHERE {user:g.oid} AND ({only:g.oid} OR {only:k.oid})
UNION ALL
-- A NOT NULL constraint that is no object of its own stands for its column (or its domain).
SELECT 'pg_constraint', k.oid,
       CASE WHEN k.contypid <> 0 THEN 'pg_type' ELSE 'pg_class' END,
       CASE WHEN k.contypid <> 0 THEN k.contypid ELSE k.conrelid END,
       COALESCE(k.conkey[1], 0)
FROM pg_catalog.pg_constraint k
WHERE {user:k.oid} AND k.contype = 'n' AND {only:k.oid}
UNION ALL
-- A member of an operator family stands for the class that it is bound to, else for the family.
SELECT 'pg_amop', o.oid, COALESCE(k.class, 'pg_opfamily'), COALESCE(k.owner, o.amopfamily), 0
FROM pg_catalog.pg_amop o
LEFT JOIN (
    SELECT d.objid, 'pg_opclass' AS class, d.refobjid AS owner
    FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass
) k ON k.objid = o.oid
WHERE {user:o.oid} AND {only:o.oid}
UNION ALL
SELECT 'pg_amproc', o.oid, COALESCE(k.class, 'pg_opfamily'), COALESCE(k.owner, o.amprocfamily), 0
FROM pg_catalog.pg_amproc o
LEFT JOIN (
    SELECT d.objid, 'pg_opclass' AS class, d.refobjid AS owner
    FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass
) k ON k.objid = o.oid
WHERE {user:o.oid} AND {only:o.oid}
UNION ALL
-- The constructors of a range type.
SELECT 'pg_proc', d.objid, 'pg_type', d.refobjid, 0
FROM pg_catalog.pg_depend d
WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND {user:d.objid} AND d.deptype = 'i' AND {only:d.objid}
) x
