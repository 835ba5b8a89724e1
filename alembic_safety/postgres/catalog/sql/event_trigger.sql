SELECT
    e.oid AS oid,
    pg_catalog.quote_ident(e.evtname) AS identity,
    e.evtname::text AS name,
    pg_catalog.pg_get_userbyid(e.evtowner)::text AS owner,
    e.evtevent::text AS event,
    e.evtfoid::pg_catalog.regproc::text AS function,
    COALESCE(e.evttags, '{}') AS tags,
    CASE e.evtenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' ELSE 'origin' END AS enabled
FROM pg_catalog.pg_event_trigger e
WHERE {user:e.oid} AND {own:pg_event_trigger, e.oid} AND {only:e.oid}
ORDER BY e.oid
