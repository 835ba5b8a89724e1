SELECT
    s.oid AS oid,
    pg_catalog.quote_ident(s.srvname) AS identity,
    s.srvname::text AS name,
    pg_catalog.pg_get_userbyid(s.srvowner)::text AS owner,
    s.srvacl::text[] AS acl,
    CASE WHEN s.srvacl IS NOT NULL THEN pg_catalog.acldefault('S', s.srvowner)::text[] END AS acl_default,
    pg_catalog.quote_ident(f.fdwname) AS wrapper,
    s.srvtype AS server_type,
    s.srvversion AS version,
    COALESCE(s.srvoptions, '{}') AS options
FROM pg_catalog.pg_foreign_server s
JOIN pg_catalog.pg_foreign_data_wrapper f ON f.oid = s.srvfdw
WHERE {user:s.oid} AND {own:pg_foreign_server, s.oid} AND {only:s.oid}
ORDER BY s.oid
