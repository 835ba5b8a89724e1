SELECT
    d.oid AS oid,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(d.dictname) AS identity,
    d.dictname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(d.dictowner)::text AS owner,
    m.nspname_quoted || '.' || pg_catalog.quote_ident(t.tmplname) AS template,
    d.dictinitoption AS options
FROM pg_catalog.pg_ts_dict d
JOIN pg_catalog.pg_namespace n ON n.oid = d.dictnamespace
JOIN pg_catalog.pg_ts_template t ON t.oid = d.dicttemplate
JOIN (SELECT oid, pg_catalog.quote_ident(nspname) AS nspname_quoted FROM pg_catalog.pg_namespace) m ON m.oid = t.tmplnamespace
WHERE {user:d.oid}
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_ts_dict, d.oid} AND {only:d.oid}
ORDER BY d.oid
