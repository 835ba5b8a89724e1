-- Names of the catalogs that pg_depend speaks of.
SELECT c.oid, c.relname::text
FROM pg_catalog.pg_class c
WHERE c.oid < 16384 AND c.relkind = 'r' AND c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace
