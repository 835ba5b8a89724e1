SELECT
    s.oid AS oid,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(s.stxname) AS identity,
    s.stxname::text AS name,
    n.nspname::text AS schema,
    s.stxrelid AS parent,
    pg_catalog.pg_get_userbyid(s.stxowner)::text AS owner,
    pg_catalog.pg_get_statisticsobjdef(s.oid) AS definition,
    CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END AS statistics_target
FROM pg_catalog.pg_statistic_ext s
JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
WHERE {user:s.oid} AND n.nspname !~ '^pg_' AND {own:pg_statistic_ext, s.oid} AND {only:s.stxrelid}
ORDER BY s.oid
