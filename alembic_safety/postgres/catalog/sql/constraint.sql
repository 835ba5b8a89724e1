-- A foreign key to a partitioned table has a copy on its own table for each partition there, under a name that the server chooses
-- and no dump shows: it is called after the key and that partition.
SELECT
    k.oid AS oid,
    pg_catalog.quote_ident(COALESCE(copy.name, k.conname)) AS identity,
    COALESCE(copy.name, k.conname)::text AS name,
    k.conrelid AS parent,
    CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key'
        WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclude' END AS type,
    pg_catalog.pg_get_constraintdef(k.oid) AS definition,
    k.convalidated AS validated,
    true AS enforced,
    k.conislocal AS is_local,
    k.coninhcount AS inherit_count,
    k.connoinherit AND k.contype IN ('c', 'n') AS no_inherit,
    COALESCE(k.conkey, '{}') AS columns,
    CASE WHEN k.confrelid <> 0 THEN k.confrelid::pg_catalog.regclass::text END AS references,
    k.conparentid <> 0 AS has_parent
FROM pg_catalog.pg_constraint k
CROSS JOIN LATERAL (SELECT CASE WHEN k.conparentid <> 0 AND k.contype = 'f' THEN (
    WITH RECURSIVE above AS (
        SELECT up.conname, up.conparentid, 1 AS level
        FROM pg_catalog.pg_constraint up WHERE up.oid = k.conparentid AND up.conrelid = k.conrelid
        UNION ALL
        SELECT up.conname, up.conparentid, below.level + 1
        FROM above below
        JOIN pg_catalog.pg_constraint up ON up.oid = below.conparentid AND up.conrelid = k.conrelid)
    SELECT above.conname || ' to ' || k.confrelid::pg_catalog.regclass
    FROM above ORDER BY above.level DESC LIMIT 1) END AS name) copy
WHERE {user:k.oid} AND k.conrelid <> 0 AND k.contype IN ('p', 'u', 'f', 'c', 'x') AND {only:k.conrelid}
ORDER BY k.oid
