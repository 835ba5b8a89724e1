-- Clones on partitions count as internal before PostgreSQL 15; the triggers that enforce foreign keys stay out.
SELECT
    t.oid AS oid,
    pg_catalog.quote_ident(t.tgname) AS identity,
    t.tgname::text AS name,
    t.tgrelid AS parent,
    pg_catalog.pg_get_triggerdef(t.oid) AS definition,
    CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' ELSE 'origin' END AS enabled,
    t.tgparentid <> 0 AS has_parent
FROM pg_catalog.pg_trigger t
LEFT JOIN pg_catalog.pg_constraint k ON k.oid = t.tgconstraint
WHERE {user:t.oid}
  AND (NOT t.tgisinternal OR (t.tgparentid <> 0 AND (t.tgconstraint = 0 OR k.contype = 't')))
  AND {only:t.tgrelid}
ORDER BY t.oid
