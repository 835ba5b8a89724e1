SELECT
    c.oid AS oid,
    c.oid::pg_catalog.regclass::text AS identity,
    c.relname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(c.relowner)::text AS owner,
    c.relacl::text[] AS acl,
    CASE WHEN c.relacl IS NOT NULL THEN pg_catalog.acldefault('r', c.relowner)::text[] END AS acl_default,
    pg_catalog.pg_get_viewdef(c.oid) AS definition,
    COALESCE(c.reloptions, '{}')
        || ARRAY(SELECT 'toast.' || o FROM pg_catalog.unnest(t.reloptions) o) AS options,
    c.relispopulated AS populated,
    s.spcname::text AS tablespace,
    m.amname::text AS access_method,
    (
        SELECT r.relname::text
        FROM pg_catalog.pg_index d JOIN pg_catalog.pg_class r ON r.oid = d.indexrelid
        WHERE d.indrelid = c.oid AND d.indisclustered
    ) AS clustered_on
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
WHERE {user:c.oid} AND c.relkind = 'm'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_class, c.oid} AND {only:c.oid}
ORDER BY c.oid
