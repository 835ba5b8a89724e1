SELECT
    t.oid AS oid,
    pg_catalog.format_type(t.oid, NULL) AS identity,
    t.typname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(t.typowner)::text AS owner,
    t.typacl::text[] AS acl,
    CASE WHEN t.typacl IS NOT NULL THEN pg_catalog.acldefault('T', t.typowner)::text[] END AS acl_default,
    ARRAY(SELECT e.oid::pg_catalog.int8 FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS label_oids,
    ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE {user:t.oid} AND t.typtype = 'e'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_type, t.oid} AND {only:t.oid}
ORDER BY t.oid
