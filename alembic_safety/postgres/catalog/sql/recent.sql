-- What has rows whose age is at most $1, a section for each catalog: the catalog and OID of the object that a row belongs to.
-- == pg_namespace
SELECT 'pg_namespace', x.oid FROM pg_catalog.pg_namespace x
WHERE pg_catalog.age(x.xmin) <= $1 AND x.nspname !~ '^pg_(temp|toast)'
-- == pg_class
SELECT 'pg_class', x.oid FROM pg_catalog.pg_class x
WHERE pg_catalog.age(x.xmin) <= $1 AND x.relkind <> 't' AND x.relnamespace <> 'pg_toast'::pg_catalog.regnamespace
-- == pg_attribute
SELECT DISTINCT 'pg_class', x.attrelid FROM pg_catalog.pg_attribute x
WHERE pg_catalog.age(x.xmin) <= $1 AND x.attnum > 0
-- == pg_type
SELECT 'pg_type', x.oid FROM pg_catalog.pg_type x
WHERE pg_catalog.age(x.xmin) <= $1 AND x.typcategory <> 'A'
-- == pg_proc
SELECT 'pg_proc', x.oid FROM pg_catalog.pg_proc x
WHERE pg_catalog.age(x.xmin) <= $1
-- == pg_constraint
SELECT DISTINCT CASE WHEN x.conrelid <> 0 THEN 'pg_class' ELSE 'pg_type' END,
       CASE WHEN x.conrelid <> 0 THEN x.conrelid ELSE x.contypid END
FROM pg_catalog.pg_constraint x
WHERE pg_catalog.age(x.xmin) <= $1
-- == pg_trigger
SELECT DISTINCT 'pg_class', x.tgrelid FROM pg_catalog.pg_trigger x
WHERE pg_catalog.age(x.xmin) <= $1 AND (NOT x.tgisinternal OR x.tgparentid <> 0)
-- == pg_rewrite
SELECT DISTINCT 'pg_class', x.ev_class FROM pg_catalog.pg_rewrite x
WHERE pg_catalog.age(x.xmin) <= $1
-- == pg_policy
SELECT DISTINCT 'pg_class', x.polrelid FROM pg_catalog.pg_policy x
WHERE pg_catalog.age(x.xmin) <= $1
-- == pg_statistic_ext
SELECT DISTINCT 'pg_class', x.stxrelid FROM pg_catalog.pg_statistic_ext x
WHERE pg_catalog.age(x.xmin) <= $1
-- == pg_attrdef
SELECT DISTINCT 'pg_class', x.adrelid FROM pg_catalog.pg_attrdef x
WHERE pg_catalog.age(x.xmin) <= $1
-- == pg_index
SELECT DISTINCT 'pg_class', x.indrelid FROM pg_catalog.pg_index x
WHERE pg_catalog.age(x.xmin) <= $1
-- == pg_sequence
SELECT 'pg_class', x.seqrelid FROM pg_catalog.pg_sequence x
WHERE pg_catalog.age(x.xmin) <= $1
-- == pg_inherits
SELECT DISTINCT 'pg_class', x.inhrelid FROM pg_catalog.pg_inherits x
WHERE pg_catalog.age(x.xmin) <= $1
-- == pg_enum
SELECT DISTINCT 'pg_type', x.enumtypid FROM pg_catalog.pg_enum x
WHERE pg_catalog.age(x.xmin) <= $1
-- == pg_range
SELECT 'pg_type', x.rngtypid FROM pg_catalog.pg_range x
WHERE pg_catalog.age(x.xmin) <= $1
-- == pg_depend
-- Members of extensions first: they ask for a full reading. Row types and array types belong to their table or element.
SELECT DISTINCT CASE WHEN x.deptype = 'e' THEN 'pg_extension' ELSE c.relname::text END, x.objid
FROM pg_catalog.pg_depend x JOIN pg_catalog.pg_class c ON c.oid = x.classid
WHERE pg_catalog.age(x.xmin) <= $1 AND x.objid >= 16384
  AND (x.deptype = 'e' OR (c.relname IN ('pg_class', 'pg_type', 'pg_proc') AND NOT (c.relname = 'pg_type' AND x.deptype = 'i')))
