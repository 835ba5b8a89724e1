SELECT d.classid::pg_catalog.regclass::text, d.objid, d.objsubid,
       d.refclassid::pg_catalog.regclass::text, d.refobjid, d.refobjsubid, d.deptype::text
FROM pg_catalog.pg_depend d
WHERE d.objid >= 16384 AND {only:d.objid}
