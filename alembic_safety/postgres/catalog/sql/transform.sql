SELECT
    t.oid AS oid,
    'FOR ' || pg_catalog.format_type(t.trftype, NULL) || ' LANGUAGE ' || pg_catalog.quote_ident(l.lanname) AS identity,
    '' AS name,
    'CREATE TRANSFORM FOR ' || pg_catalog.format_type(t.trftype, NULL) || ' LANGUAGE ' || pg_catalog.quote_ident(l.lanname) || ' ('
        || pg_catalog.concat_ws(', ',
            CASE WHEN t.trffromsql <> 0 THEN 'FROM SQL WITH FUNCTION ' || t.trffromsql::pg_catalog.regprocedure::text END,
            CASE WHEN t.trftosql <> 0 THEN 'TO SQL WITH FUNCTION ' || t.trftosql::pg_catalog.regprocedure::text END)
        || ')' AS definition,
    pg_catalog.format_type(t.trftype, NULL) AS type,
    l.lanname::text AS language
FROM pg_catalog.pg_transform t
JOIN pg_catalog.pg_language l ON l.oid = t.trflang
WHERE {user:t.oid} AND {own:pg_transform, t.oid} AND {only:t.oid}
ORDER BY t.oid
