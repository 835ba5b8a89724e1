SELECT
    r.oid AS oid,
    r.prrelid::pg_catalog.regclass::text AS identity,
    '' AS name,
    r.prpubid AS parent,
    r.prrelid::pg_catalog.regclass::text AS table,
    CASE WHEN r.prattrs IS NOT NULL THEN ARRAY(
        SELECT pg_catalog.quote_ident(a.attname) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[]) ORDER BY a.attnum) END AS columns,
    pg_catalog.pg_get_expr(r.prqual, r.prrelid) AS where
FROM pg_catalog.pg_publication_rel r
WHERE {user:r.oid} AND {only:r.prpubid}
ORDER BY r.oid
