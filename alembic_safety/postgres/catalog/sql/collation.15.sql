SELECT
    c.oid AS oid,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.collname) AS identity,
    c.collname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(c.collowner)::text AS owner,
    'CREATE COLLATION ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.collname) || ' ('
        || 'provider = ' || CASE c.collprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'default' END
        || CASE WHEN NOT c.collisdeterministic THEN ', deterministic = false' ELSE '' END
        || CASE WHEN c.collcollate IS NULL THEN ''
            WHEN c.collcollate = c.collctype THEN ', locale = ' || pg_catalog.quote_literal(c.collcollate)
            ELSE ', lc_collate = ' || pg_catalog.quote_literal(c.collcollate)
                || ', lc_ctype = ' || pg_catalog.quote_literal(c.collctype) END
        || COALESCE(', locale = ' || pg_catalog.quote_literal(c.colliculocale), '')
        || ')' AS definition
FROM pg_catalog.pg_collation c
JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
WHERE {user:c.oid}
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_collation, c.oid} AND {only:c.oid}
ORDER BY c.oid
