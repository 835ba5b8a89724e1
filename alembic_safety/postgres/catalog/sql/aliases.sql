-- Catalog rows that are no objects of their own, and the object that each belongs to.
-- Row types, array types, multiranges; a composite type's relation.
SELECT 'pg_type', t.oid,
       CASE WHEN t.typrelid <> 0 THEN 'pg_class' ELSE 'pg_type' END,
       CASE WHEN t.typrelid <> 0 THEN t.typrelid WHEN t.typtype = 'm' THEN r.rngtypid ELSE t.typelem END,
       0
FROM pg_catalog.pg_type t
LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
LEFT JOIN pg_catalog.pg_range r ON r.rngmultitypid = t.oid
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
WHERE t.oid >= 16384 AND ((t.typrelid <> 0 AND c.relkind <> 'c') OR t.typtype = 'm' OR e.oid IS NOT NULL)
UNION ALL
SELECT 'pg_class', c.oid, 'pg_type', c.reltype, 0
FROM pg_catalog.pg_class c
WHERE c.oid >= 16384 AND c.relkind = 'c'
UNION ALL
SELECT 'pg_rewrite', w.oid, 'pg_class', w.ev_class, 0
FROM pg_catalog.pg_rewrite w
WHERE w.oid >= 16384 AND w.rulename = '_RETURN'
UNION ALL
SELECT 'pg_attrdef', d.oid, 'pg_class', d.adrelid, d.adnum
FROM pg_catalog.pg_attrdef d
JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE d.oid >= 16384 AND a.attgenerated <> ''
UNION ALL
-- A constraint trigger's constraint, and the triggers that enforce a constraint.
SELECT CASE WHEN k.contype = 't' THEN 'pg_constraint' ELSE 'pg_trigger' END,
       CASE WHEN k.contype = 't' THEN k.oid ELSE g.oid END,
       CASE WHEN k.contype = 't' THEN 'pg_trigger' ELSE 'pg_constraint' END,
       CASE WHEN k.contype = 't' THEN g.oid ELSE k.oid END,
       0
FROM pg_catalog.pg_trigger g
JOIN pg_catalog.pg_constraint k ON k.oid = g.tgconstraint
WHERE g.oid >= 16384
UNION ALL
-- A NOT NULL constraint that is no object of its own stands for its column (or its domain).
SELECT 'pg_constraint', k.oid,
       CASE WHEN k.contypid <> 0 THEN 'pg_type' ELSE 'pg_class' END,
       CASE WHEN k.contypid <> 0 THEN k.contypid ELSE k.conrelid END,
       COALESCE(k.conkey[1], 0)
FROM pg_catalog.pg_constraint k
WHERE k.oid >= 16384 AND k.contype = 'n'
UNION ALL
SELECT 'pg_amop', o.oid, 'pg_opfamily', o.amopfamily, 0
FROM pg_catalog.pg_amop o
WHERE o.oid >= 16384
UNION ALL
SELECT 'pg_amproc', o.oid, 'pg_opfamily', o.amprocfamily, 0
FROM pg_catalog.pg_amproc o
WHERE o.oid >= 16384
UNION ALL
-- The constructors of a range type.
SELECT 'pg_proc', d.objid, 'pg_type', d.refobjid, 0
FROM pg_catalog.pg_depend d
WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid >= 16384 AND d.deptype = 'i'
