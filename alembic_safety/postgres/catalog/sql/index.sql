SELECT
    i.indexrelid AS oid,
    c.oid::pg_catalog.regclass::text AS identity,
    c.relname::text AS name,
    n.nspname::text AS schema,
    i.indrelid AS parent,
    pg_catalog.pg_get_indexdef(i.indexrelid) AS definition,
    i.indisunique AS unique,
    i.indisvalid AS valid,
    COALESCE(c.reloptions, '{}') AS options,
    s.spcname::text AS tablespace,
    -- Only expressions have any.
    CASE WHEN i.indexprs IS NOT NULL THEN (
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(t.attnum, t.attstattarget) ORDER BY t.attnum)::text
        FROM pg_catalog.pg_attribute t
        WHERE t.attrelid = i.indexrelid AND t.attnum > 0 AND t.attstattarget >= 0)
    END AS statistics_targets_json,
    CASE WHEN i.indisunique OR i.indisexclusion THEN (
        SELECT k.conname::text FROM pg_catalog.pg_constraint k
        WHERE k.conrelid = i.indrelid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
    END AS constraint,
    CASE WHEN c.relispartition THEN
        (SELECT h.inhparent::pg_catalog.regclass::text FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid)
    END AS attached_to,
    -- Numbers of the table's columns (0: an expression), named in finish.py: the index's own attributes keep a column's old name.
    i.indkey::int2[] AS columns
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class r ON r.oid = i.indrelid
LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
WHERE {user:i.indexrelid} AND r.relkind IN ('r', 'p', 'm') AND r.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  -- INVALID ones are what a failed CREATE INDEX CONCURRENTLY left: no dump shows them, but for those of partitioned tables.
  AND (i.indisvalid OR r.relkind = 'p') AND i.indisready
  AND {own:pg_class, c.oid} AND {only:i.indrelid}
ORDER BY i.indexrelid
