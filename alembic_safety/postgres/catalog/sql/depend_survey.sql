-- The rows of pg_depend whose age is at most $1 (as in edges.sql), and counts and sums that show deletions; members of extensions
-- are counted apart.
SELECT pg_catalog.string_agg(
           pg_catalog.concat_ws(' ', d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid, d.deptype), E'\n')
           FILTER (WHERE pg_catalog.age(d.xmin) <= $1 AND d.deptype <> 'e'),
       pg_catalog.count(*),
       COALESCE(pg_catalog.sum(d.objid::int8), 0)::int8,
       COALESCE(pg_catalog.sum(d.refobjid::int8), 0)::int8,
       COALESCE(pg_catalog.sum(d.objid::int8) FILTER (WHERE d.deptype = 'e'), 0)::int8,
       pg_catalog.count(*) FILTER (WHERE d.deptype = 'e')
FROM pg_catalog.pg_depend d
WHERE d.objid >= 16384
