-- The rows of edges.sql that are recent.
SELECT pg_catalog.string_agg(
    pg_catalog.concat_ws(' ', d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid, d.deptype), E'\n')
FROM pg_catalog.pg_depend d
WHERE {recent:d} AND d.objid >= 16384 AND d.deptype <> 'e'
