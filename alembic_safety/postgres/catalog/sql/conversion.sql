SELECT
    c.oid AS oid,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.conname) AS identity,
    c.conname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(c.conowner)::text AS owner,
    'CREATE ' || CASE WHEN c.condefault THEN 'DEFAULT ' ELSE '' END || 'CONVERSION '
        || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.conname)
        || ' FOR ' || pg_catalog.quote_literal(pg_catalog.pg_encoding_to_char(c.conforencoding))
        || ' TO ' || pg_catalog.quote_literal(pg_catalog.pg_encoding_to_char(c.contoencoding))
        || ' FROM ' || c.conproc::pg_catalog.regproc::text AS definition
FROM pg_catalog.pg_conversion c
JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
WHERE {user:c.oid}
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_conversion, c.oid} AND {only:c.oid}
ORDER BY c.oid
