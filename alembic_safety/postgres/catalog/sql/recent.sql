-- What has recent rows (see queries.py for the marks), a section for each catalog: the catalog and OID of the object that a row belongs
-- to, and the last command of this transaction that wrote one; where it may not have been the last to write it, that is not told.
-- == pg_namespace
SELECT 'pg_namespace', x.oid, {command:x}
FROM pg_catalog.pg_namespace x
WHERE {recent:x} AND x.nspname !~ '^pg_(temp|toast)'
GROUP BY 1, 2
-- == pg_class
SELECT 'pg_class', x.oid, {command:x}
FROM pg_catalog.pg_class x
WHERE {recent:x} AND x.relkind <> 't' AND x.relnamespace <> 'pg_toast'::pg_catalog.regnamespace
GROUP BY 1, 2
-- == pg_attribute
SELECT 'pg_class', x.attrelid, {command:x}
FROM pg_catalog.pg_attribute x
WHERE {recent:x} AND x.attnum > 0
GROUP BY 1, 2
-- == pg_type
SELECT 'pg_type', x.oid, {command:x}
FROM pg_catalog.pg_type x
WHERE {recent:x} AND x.typcategory <> 'A'
GROUP BY 1, 2
-- == pg_proc
SELECT 'pg_proc', x.oid, {command:x}
FROM pg_catalog.pg_proc x
WHERE {recent:x}
GROUP BY 1, 2
-- == pg_constraint
SELECT CASE WHEN x.conrelid <> 0 THEN 'pg_class' ELSE 'pg_type' END,
       CASE WHEN x.conrelid <> 0 THEN x.conrelid ELSE x.contypid END, {command:x}
FROM pg_catalog.pg_constraint x
WHERE {recent:x}
GROUP BY 1, 2
-- == pg_trigger
SELECT 'pg_class', x.tgrelid, {command:x}
FROM pg_catalog.pg_trigger x
WHERE {recent:x} AND (NOT x.tgisinternal OR x.tgparentid <> 0)
GROUP BY 1, 2
-- == pg_rewrite
SELECT 'pg_class', x.ev_class, {command:x}
FROM pg_catalog.pg_rewrite x
WHERE {recent:x}
GROUP BY 1, 2
-- == pg_policy
SELECT 'pg_class', x.polrelid, {command:x}
FROM pg_catalog.pg_policy x
WHERE {recent:x}
GROUP BY 1, 2
-- == pg_statistic_ext
SELECT 'pg_class', x.stxrelid, {command:x}
FROM pg_catalog.pg_statistic_ext x
WHERE {recent:x}
GROUP BY 1, 2
-- == pg_attrdef
SELECT 'pg_class', x.adrelid, {command:x}
FROM pg_catalog.pg_attrdef x
WHERE {recent:x}
GROUP BY 1, 2
-- == pg_index
SELECT 'pg_class', x.indrelid, {command:x}
FROM pg_catalog.pg_index x
WHERE {recent:x}
GROUP BY 1, 2
-- == pg_sequence
SELECT 'pg_class', x.seqrelid, {command:x}
FROM pg_catalog.pg_sequence x
WHERE {recent:x}
GROUP BY 1, 2
-- == pg_inherits
SELECT 'pg_class', x.inhrelid, {command:x}
FROM pg_catalog.pg_inherits x
WHERE {recent:x}
GROUP BY 1, 2
-- == pg_enum
SELECT 'pg_type', x.enumtypid, {command:x}
FROM pg_catalog.pg_enum x
WHERE {recent:x}
GROUP BY 1, 2
-- == pg_range
SELECT 'pg_type', x.rngtypid, {command:x}
FROM pg_catalog.pg_range x
WHERE {recent:x}
GROUP BY 1, 2
-- == pg_depend
-- Members of extensions first: they ask for a full reading. Row types and array types belong to their table or element.
SELECT CASE WHEN x.deptype = 'e' THEN 'pg_extension' ELSE c.relname::text END, x.objid, {command:x}
FROM pg_catalog.pg_depend x JOIN pg_catalog.pg_class c ON c.oid = x.classid
WHERE {recent:x} AND x.objid >= 16384
  AND (x.deptype = 'e' OR (c.relname IN ('pg_class', 'pg_type', 'pg_proc') AND NOT (c.relname = 'pg_type' AND x.deptype = 'i')))
GROUP BY 1, 2
