SELECT
    c.oid AS oid,
    c.oid::pg_catalog.regclass::text AS identity,
    c.relname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(c.relowner)::text AS owner,
    c.relacl::text[] AS acl,
    CASE WHEN c.relacl IS NOT NULL THEN pg_catalog.acldefault('r', c.relowner)::text[] END AS acl_default,
    CASE c.relpersistence WHEN 'u' THEN 'unlogged' ELSE 'permanent' END AS persistence,
    CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_key,
    CASE WHEN c.relispartition THEN i.parents[1] END AS partition_of,
    CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END AS partition_bound,
    CASE WHEN c.relispartition OR i.parents IS NULL THEN '{}'::text[] ELSE i.parents END AS inherits,
    CASE WHEN c.reloftype <> 0 THEN pg_catalog.format_type(c.reloftype, NULL) END AS of_type,
    COALESCE(c.reloptions, '{}')
        || ARRAY(SELECT 'toast.' || o FROM pg_catalog.unnest(t.reloptions) o) AS options,
    s.spcname::text AS tablespace,
    m.amname::text AS access_method,
    c.relrowsecurity AS row_security,
    c.relforcerowsecurity AS force_row_security,
    CASE c.relreplident WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full' WHEN 'i' THEN 'index' ELSE 'default' END AS replica_identity,
    CASE WHEN c.relreplident = 'i' THEN x.replica END AS replica_identity_index,
    x.clustered AS clustered_on
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid AND t.reloptions IS NOT NULL
LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
LEFT JOIN (
    SELECT h.inhrelid, pg_catalog.array_agg(h.inhparent::pg_catalog.regclass::text ORDER BY h.inhseqno) AS parents
    FROM pg_catalog.pg_inherits h WHERE {only:h.inhrelid}
    GROUP BY h.inhrelid
) i ON i.inhrelid = c.oid
LEFT JOIN (
    SELECT d.indrelid,
           pg_catalog.max(r.relname::text) FILTER (WHERE d.indisreplident) AS replica,
           pg_catalog.max(r.relname::text) FILTER (WHERE d.indisclustered) AS clustered
    FROM pg_catalog.pg_index d
    JOIN pg_catalog.pg_class r ON r.oid = d.indexrelid
    WHERE (d.indisclustered OR d.indisreplident) AND {only:d.indrelid}
    GROUP BY d.indrelid
) x ON x.indrelid = c.oid
WHERE {user:c.oid} AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_class, c.oid} AND {only:c.oid}
ORDER BY c.oid
