SELECT
    c.oid AS oid,
    c.oid::pg_catalog.regclass::text AS identity,
    c.relname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(c.relowner)::text AS owner,
    c.relacl::text[] AS acl,
    CASE WHEN c.relacl IS NOT NULL THEN pg_catalog.acldefault('r', c.relowner)::text[] END AS acl_default,
    pg_catalog.pg_get_viewdef(c.oid) AS definition,
    COALESCE(c.reloptions, '{}') AS options
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {user:c.oid} AND c.relkind = 'v' AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_class, c.oid} AND {only:c.oid}
ORDER BY c.oid
