-- The view hides the options from a role that may not see them; a superuser sees all.
SELECT
    m.umid AS oid,
    'FOR ' || CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(m.usename) END
        || ' SERVER ' || pg_catalog.quote_ident(m.srvname) AS identity,
    '' AS name,
    pg_catalog.quote_ident(m.srvname) AS server,
    CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(m.usename) END AS role,
    COALESCE(m.umoptions, '{}') AS options
FROM pg_catalog.pg_user_mappings m
WHERE {user:m.umid} AND {only:m.umid}
ORDER BY m.umid
