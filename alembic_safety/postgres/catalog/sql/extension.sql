SELECT
    e.oid AS oid,
    pg_catalog.quote_ident(e.extname) AS identity,
    e.extname::text AS name,
    pg_catalog.pg_get_userbyid(e.extowner)::text AS owner,
    e.extversion AS version,
    e.extnamespace::pg_catalog.regnamespace::text AS extension_schema,
    e.extrelocatable AS relocatable
FROM pg_catalog.pg_extension e
WHERE {user:e.oid} AND {only:e.oid}
ORDER BY e.oid
