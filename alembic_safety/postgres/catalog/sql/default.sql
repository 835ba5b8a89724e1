SELECT
    d.oid AS oid,
    pg_catalog.quote_ident(a.attname) AS identity,
    '' AS name,
    d.adrelid AS parent,
    a.attname::text AS column,
    pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression
FROM pg_catalog.pg_attrdef d
JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE {user:d.oid} AND a.attgenerated = '' AND {only:d.adrelid}
ORDER BY d.oid
