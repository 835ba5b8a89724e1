SELECT
    t.oid AS oid,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.tmplname) AS identity,
    t.tmplname::text AS name,
    n.nspname::text AS schema,
    'CREATE TEXT SEARCH TEMPLATE ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.tmplname) || ' ('
        || CASE WHEN t.tmplinit <> 0 THEN 'INIT = ' || t.tmplinit::pg_catalog.regproc::text || ', ' ELSE '' END
        || 'LEXIZE = ' || t.tmpllexize::pg_catalog.regproc::text || ')' AS definition
FROM pg_catalog.pg_ts_template t
JOIN pg_catalog.pg_namespace n ON n.oid = t.tmplnamespace
WHERE {user:t.oid}
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_ts_template, t.oid} AND {only:t.oid}
ORDER BY t.oid
