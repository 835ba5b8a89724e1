-- The tables, types, functions (or other rows) that depend on these objects, their row types or array types: their text may
-- hold the objects' names.
SELECT DISTINCT
       CASE WHEN COALESCE(w.ev_class, a.adrelid, NULLIF(k.conrelid, 0), g.tgrelid, p.polrelid, s.stxrelid) IS NOT NULL THEN 'pg_class'
            WHEN k.contypid <> 0 THEN 'pg_type'
            ELSE d.classid::pg_catalog.regclass::text END,
       COALESCE(w.ev_class, a.adrelid, NULLIF(k.conrelid, 0), NULLIF(k.contypid, 0), g.tgrelid, p.polrelid, s.stxrelid, d.objid),
       d.classid::pg_catalog.regclass::text
FROM pg_catalog.pg_depend d
LEFT JOIN pg_catalog.pg_rewrite w ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND w.oid = d.objid
LEFT JOIN pg_catalog.pg_attrdef a ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND a.oid = d.objid
LEFT JOIN pg_catalog.pg_constraint k ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = d.objid
LEFT JOIN pg_catalog.pg_trigger g ON d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND g.oid = d.objid
LEFT JOIN pg_catalog.pg_policy p ON d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND p.oid = d.objid
LEFT JOIN pg_catalog.pg_statistic_ext s ON d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass AND s.oid = d.objid
WHERE d.refclassid = ANY (ARRAY['pg_catalog.pg_class', 'pg_catalog.pg_type', 'pg_catalog.pg_proc', 'pg_catalog.pg_constraint']::pg_catalog.regclass[])
  AND d.deptype <> 'e' AND NOT (d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.deptype = 'i')
  AND d.refobjid = ANY ($1
      || ARRAY(SELECT t.oid FROM pg_catalog.pg_type t WHERE t.typelem = ANY ($1))
      || ARRAY(SELECT c.reltype FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1))
      || ARRAY(SELECT t.typarray FROM pg_catalog.pg_class c JOIN pg_catalog.pg_type t ON t.oid = c.reltype WHERE c.oid = ANY ($1))
      || ARRAY(SELECT r.rngmultitypid FROM pg_catalog.pg_range r WHERE r.rngtypid = ANY ($1)))
