-- The rows of edges.sql whose age is at most $1.
SELECT pg_catalog.string_agg(
    pg_catalog.concat_ws(' ', d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid, d.deptype), E'\n')
FROM pg_catalog.pg_depend d
WHERE pg_catalog.age(d.xmin) <= $1 AND d.objid >= 16384 AND d.deptype <> 'e'
