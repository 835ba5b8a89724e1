SELECT
    c.oid AS oid,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.cfgname) AS identity,
    c.cfgname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(c.cfgowner)::text AS owner,
    p.prsnamespace::pg_catalog.regnamespace::text || '.' || pg_catalog.quote_ident(p.prsname) AS parser,
    m.mappings::text AS mappings_json
FROM pg_catalog.pg_ts_config c
JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace
JOIN pg_catalog.pg_ts_parser p ON p.oid = c.cfgparser
CROSS JOIN LATERAL (
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(l.alias, l.dictionaries) ORDER BY l.tokid), '[]') AS mappings
    FROM (
        SELECT k.tokid, k.alias, pg_catalog.jsonb_agg(g.mapdict::pg_catalog.regdictionary::text ORDER BY g.mapseqno) AS dictionaries
        FROM pg_catalog.pg_ts_config_map g
        JOIN pg_catalog.ts_token_type(c.cfgparser) k ON k.tokid = g.maptokentype
        WHERE g.mapcfg = c.oid GROUP BY k.tokid, k.alias
    ) l
) m
WHERE {user:c.oid}
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_ts_config, c.oid} AND {only:c.oid}
ORDER BY c.oid
