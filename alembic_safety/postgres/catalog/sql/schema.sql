SELECT
    n.oid AS oid,
    pg_catalog.quote_ident(n.nspname) AS identity,
    n.nspname::text AS name,
    pg_catalog.pg_get_userbyid(n.nspowner)::text AS owner,
    n.nspacl::text[] AS acl,
    CASE WHEN n.nspacl IS NOT NULL THEN pg_catalog.acldefault('n', n.nspowner)::text[] END AS acl_default
FROM pg_catalog.pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_namespace, n.oid} AND {only:n.oid}
ORDER BY n.oid
