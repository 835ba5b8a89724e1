SELECT
    p.oid AS oid,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.prsname) AS identity,
    p.prsname::text AS name,
    n.nspname::text AS schema,
    'CREATE TEXT SEARCH PARSER ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.prsname) || ' ('
        || 'START = ' || p.prsstart::pg_catalog.regproc::text || ', GETTOKEN = ' || p.prstoken::pg_catalog.regproc::text
        || ', END = ' || p.prsend::pg_catalog.regproc::text || ', LEXTYPES = ' || p.prslextype::pg_catalog.regproc::text
        || CASE WHEN p.prsheadline <> 0 THEN ', HEADLINE = ' || p.prsheadline::pg_catalog.regproc::text ELSE '' END
        || ')' AS definition
FROM pg_catalog.pg_ts_parser p
JOIN pg_catalog.pg_namespace n ON n.oid = p.prsnamespace
WHERE {user:p.oid}
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_ts_parser, p.oid} AND {only:p.oid}
ORDER BY p.oid
