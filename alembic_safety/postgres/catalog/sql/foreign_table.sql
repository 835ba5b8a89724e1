SELECT
    c.oid AS oid,
    c.oid::pg_catalog.regclass::text AS identity,
    c.relname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(c.relowner)::text AS owner,
    c.relacl::text[] AS acl,
    CASE WHEN c.relacl IS NOT NULL THEN pg_catalog.acldefault('r', c.relowner)::text[] END AS acl_default,
    pg_catalog.quote_ident(s.srvname) AS server,
    COALESCE(f.ftoptions, '{}') AS options,
    CASE WHEN c.relispartition OR i.parents IS NULL THEN '{}'::text[] ELSE i.parents END AS inherits,
    CASE WHEN c.relispartition THEN i.parents[1] END AS partition_of,
    CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END AS partition_bound
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid
JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
LEFT JOIN (
    SELECT h.inhrelid, pg_catalog.array_agg(h.inhparent::pg_catalog.regclass::text ORDER BY h.inhseqno) AS parents
    FROM pg_catalog.pg_inherits h
    GROUP BY h.inhrelid
) i ON i.inhrelid = c.oid
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_class, c.oid} AND {only:c.oid}
ORDER BY c.oid
