SELECT
    a.attrelid AS oid,
    a.attnum AS sub,
    pg_catalog.quote_ident(a.attname) AS identity,
    a.attname::text AS name,
    c.reltype AS parent,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
    CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::pg_catalog.regcollation::text END AS collation
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE {user:c.oid} AND c.relkind = 'c'
  AND a.attnum > 0 AND NOT a.attisdropped AND {only:c.reltype}
ORDER BY a.attrelid, a.attnum
