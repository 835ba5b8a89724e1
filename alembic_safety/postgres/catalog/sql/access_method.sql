SELECT
    a.oid AS oid,
    pg_catalog.quote_ident(a.amname) AS identity,
    a.amname::text AS name,
    CASE a.amtype WHEN 'i' THEN 'INDEX' ELSE 'TABLE' END AS am_type,
    a.amhandler::pg_catalog.regproc::text AS handler
FROM pg_catalog.pg_am a
WHERE {user:a.oid} AND {own:pg_am, a.oid} AND {only:a.oid}
ORDER BY a.oid
