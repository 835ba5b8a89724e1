SELECT
    a.attrelid AS oid,
    a.attnum AS sub,
    pg_catalog.quote_ident(a.attname) AS identity,
    a.attname::text AS name,
    a.attrelid AS parent,
    a.attacl::text[] AS acl,
    CASE WHEN a.attacl IS NOT NULL THEN '{}'::text[] END AS acl_default,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
    CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::pg_catalog.regcollation::text END AS collation,
    a.attnotnull AS not_null,
    CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END AS prop_identity,
    CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END AS generated,
    CASE WHEN a.attgenerated <> '' THEN (
        SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
        FROM pg_catalog.pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum)
    END AS generation_expression,
    CASE WHEN a.attstorage <> t.typstorage THEN
        CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END
    END AS storage,
    CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
    CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END AS statistics_target,
    a.attoptions AS options,
    a.attfdwoptions AS fdw_options,
    a.attislocal AS is_local,
    a.attinhcount AS inherit_count
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE {user:c.oid} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
  AND a.attnum > 0 AND NOT a.attisdropped AND {only:a.attrelid}
ORDER BY a.attrelid, a.attnum
