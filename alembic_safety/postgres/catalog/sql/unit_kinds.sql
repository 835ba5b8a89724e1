-- What kinds of rows these OIDs are (one OID may be several catalogs'), and the type of a composite type's relation.
SELECT 'pg_class', c.oid, c.relkind::text, CASE WHEN c.relkind = 'c' THEN c.reltype END
FROM pg_catalog.pg_class c WHERE c.relpersistence <> 't' AND {only:c.oid}
UNION ALL
SELECT 'pg_type', t.oid, t.typtype::text, NULL
FROM pg_catalog.pg_type t WHERE {only:t.oid}
UNION ALL
SELECT 'pg_proc', p.oid, p.prokind::text, NULL
FROM pg_catalog.pg_proc p WHERE {only:p.oid}
