SELECT
    r.oid AS oid,
    r.prrelid::pg_catalog.regclass::text AS identity,
    '' AS name,
    r.prpubid AS parent,
    r.prrelid::pg_catalog.regclass::text AS table,
    NULL::text[] AS columns,
    NULL::text AS where
FROM pg_catalog.pg_publication_rel r
WHERE {user:r.oid} AND {only:r.prpubid}
ORDER BY r.oid
