SELECT
    t.oid AS oid,
    pg_catalog.format_type(t.oid, NULL) AS identity,
    t.typname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(t.typowner)::text AS owner,
    t.typacl::text[] AS acl,
    CASE WHEN t.typacl IS NOT NULL THEN pg_catalog.acldefault('T', t.typowner)::text[] END AS acl_default,
    pg_catalog.format_type(t.typbasetype, t.typtypmod) AS base_type,
    t.typnotnull AS not_null,
    CASE WHEN t.typdefaultbin IS NOT NULL THEN
        pg_catalog.pg_get_expr(t.typdefaultbin, 'pg_catalog.pg_type'::pg_catalog.regclass)
    END AS default,
    CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::pg_catalog.regcollation::text END AS collation
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
WHERE {user:t.oid} AND t.typtype = 'd'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_type, t.oid} AND {only:t.oid}
ORDER BY t.oid
