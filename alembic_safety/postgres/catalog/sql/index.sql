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
    a.targets AS statistics_targets_json,
    k.conname::text AS constraint,
    CASE WHEN c.relispartition THEN
        (SELECT h.inhparent::pg_catalog.regclass::text FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid)
    END AS attached_to,
    -- The table's names: those of the index's own attributes stay behind when a column is renamed.
    ARRAY(
        SELECT COALESCE(b.attname::text, 'expr')
        FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, place)
        LEFT JOIN pg_catalog.pg_attribute b ON b.attrelid = i.indrelid AND b.attnum = k.attnum AND k.attnum <> 0
        ORDER BY k.place
    ) AS columns
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class r ON r.oid = i.indrelid
LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN (
    SELECT t.attrelid, pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(t.attnum, t.attstattarget) ORDER BY t.attnum)::text AS targets
    FROM pg_catalog.pg_attribute t
    JOIN pg_catalog.pg_index x ON x.indexrelid = t.attrelid
    WHERE t.attrelid >= 16384 AND t.attstattarget >= 0 AND t.attnum > 0 AND {only:x.indrelid}
    GROUP BY t.attrelid
) a ON a.attrelid = i.indexrelid
WHERE i.indexrelid >= 16384 AND r.relkind IN ('r', 'p', 'm') AND r.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_class, c.oid} AND {only:i.indrelid}
ORDER BY i.indexrelid
