SELECT
    d.oid AS oid,
    pg_catalog.quote_ident(a.attname) AS identity,
    '' AS name,
    d.adrelid AS parent,
    a.attname::text AS column,
    pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression
FROM pg_catalog.pg_attrdef d
-- Each by the index: the planner would rather read the columns of the whole database.
CROSS JOIN LATERAL (
    SELECT x.attname, x.attgenerated FROM pg_catalog.pg_attribute x WHERE x.attrelid = d.adrelid AND x.attnum = d.adnum OFFSET 0) a
WHERE {user:d.oid} AND a.attgenerated = '' AND {only:d.adrelid}
ORDER BY d.oid
