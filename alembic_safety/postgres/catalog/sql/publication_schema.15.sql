SELECT
    s.oid AS oid,
    s.pnnspid::pg_catalog.regnamespace::text AS identity,
    '' AS name,
    s.pnpubid AS parent,
    s.pnnspid::pg_catalog.regnamespace::text AS published_schema
FROM pg_catalog.pg_publication_namespace s
WHERE {user:s.oid} AND {only:s.pnpubid}
ORDER BY s.oid
