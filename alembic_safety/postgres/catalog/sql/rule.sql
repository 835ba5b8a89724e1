SELECT
    r.oid AS oid,
    pg_catalog.quote_ident(r.rulename) AS identity,
    r.rulename::text AS name,
    r.ev_class AS parent,
    pg_catalog.pg_get_ruledef(r.oid) AS definition,
    CASE r.ev_enabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' ELSE 'origin' END AS enabled
FROM pg_catalog.pg_rewrite r
WHERE {user:r.oid} AND r.rulename <> '_RETURN' AND {only:r.ev_class}
ORDER BY r.oid
