-- One text for all rows, a line each (numbers only, classes by OID): most snapshots are never asked for their edges, and a
-- text costs the client nothing until then.
SELECT pg_catalog.string_agg(
    pg_catalog.concat_ws(' ', d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid, d.deptype), E'\n')
FROM pg_catalog.pg_depend d
WHERE d.objid >= 16384 AND d.deptype <> 'e'
