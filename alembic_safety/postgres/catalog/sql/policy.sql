SELECT
    p.oid AS oid,
    pg_catalog.quote_ident(p.polname) AS identity,
    p.polname::text AS name,
    p.polrelid AS parent,
    CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
        ELSE 'ALL' END AS command,
    p.polpermissive AS permissive,
    ARRAY(SELECT CASE WHEN r = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(r)) END
          FROM pg_catalog.unnest(p.polroles) r
    ) AS roles,
    pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS using,
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS check
FROM pg_catalog.pg_policy p
WHERE {user:p.oid} AND {only:p.polrelid}
ORDER BY p.oid
