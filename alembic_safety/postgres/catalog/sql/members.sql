SELECT d.classid::pg_catalog.regclass::text, d.objid, d.refobjid
FROM pg_catalog.pg_depend d
WHERE d.objid >= 16384 AND d.deptype = 'e' AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
ORDER BY 1, 2
