SELECT
    k.oid AS oid,
    pg_catalog.quote_ident(k.conname) AS identity,
    k.conname::text AS name,
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
WHERE {user:k.oid} AND k.conrelid <> 0 AND k.contype IN ('p', 'u', 'f', 'c', 'x') AND {only:k.conrelid}
ORDER BY k.oid
