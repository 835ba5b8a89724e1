-- The tables, types, functions (or other rows) that depend on these objects, their row types or array types: their text may
-- hold the objects' names.
SELECT DISTINCT
       CASE WHEN x.relation <> 0 THEN 'pg_class' WHEN x.type <> 0 THEN 'pg_type' ELSE x.classid::pg_catalog.regclass::text END,
       COALESCE(NULLIF(x.relation, 0), NULLIF(x.type, 0), x.objid),
       x.classid::pg_catalog.regclass::text
FROM (
    SELECT d.classid, d.objid,
           CASE d.classid
               WHEN 'pg_catalog.pg_rewrite'::pg_catalog.regclass THEN (SELECT w.ev_class FROM pg_catalog.pg_rewrite w WHERE w.oid = d.objid)
               WHEN 'pg_catalog.pg_attrdef'::pg_catalog.regclass THEN (SELECT a.adrelid FROM pg_catalog.pg_attrdef a WHERE a.oid = d.objid)
               WHEN 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN (SELECT k.conrelid FROM pg_catalog.pg_constraint k WHERE k.oid = d.objid)
               WHEN 'pg_catalog.pg_trigger'::pg_catalog.regclass THEN (SELECT g.tgrelid FROM pg_catalog.pg_trigger g WHERE g.oid = d.objid)
               WHEN 'pg_catalog.pg_policy'::pg_catalog.regclass THEN (SELECT p.polrelid FROM pg_catalog.pg_policy p WHERE p.oid = d.objid)
               WHEN 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass
                   THEN (SELECT s.stxrelid FROM pg_catalog.pg_statistic_ext s WHERE s.oid = d.objid)
           END AS relation,
           CASE d.classid
               WHEN 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN (SELECT k.contypid FROM pg_catalog.pg_constraint k WHERE k.oid = d.objid)
           END AS type
    FROM pg_catalog.pg_depend d
    WHERE d.refclassid = ANY (ARRAY['pg_catalog.pg_class', 'pg_catalog.pg_type', 'pg_catalog.pg_proc', 'pg_catalog.pg_constraint']::pg_catalog.regclass[])
      AND d.deptype <> 'e' AND NOT (d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.deptype = 'i')
      AND d.refobjid = ANY ($1
          || ARRAY(SELECT t.typarray FROM pg_catalog.pg_type t WHERE t.oid = ANY ($1))
          || ARRAY(SELECT c.reltype FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1))
          || ARRAY(SELECT (SELECT t.typarray FROM pg_catalog.pg_type t WHERE t.oid = c.reltype) FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1))
          || ARRAY(SELECT r.rngmultitypid FROM pg_catalog.pg_range r WHERE r.rngtypid = ANY ($1)))
) x
