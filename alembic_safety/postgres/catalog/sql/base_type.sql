SELECT
    t.oid AS oid,
    pg_catalog.format_type(t.oid, NULL) AS identity,
    t.typname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(t.typowner)::text AS owner,
    t.typacl::text[] AS acl,
    CASE WHEN t.typacl IS NOT NULL THEN pg_catalog.acldefault('T', t.typowner)::text[] END AS acl_default,
    t.typinput::pg_catalog.regproc::text AS input,
    t.typoutput::pg_catalog.regproc::text AS output,
    CASE WHEN t.typreceive <> 0 THEN t.typreceive::pg_catalog.regproc::text END AS receive,
    CASE WHEN t.typsend <> 0 THEN t.typsend::pg_catalog.regproc::text END AS send,
    CASE WHEN t.typmodin <> 0 THEN t.typmodin::pg_catalog.regproc::text END AS typmod_in,
    CASE WHEN t.typmodout <> 0 THEN t.typmodout::pg_catalog.regproc::text END AS typmod_out,
    CASE WHEN t.typanalyze <> 0 THEN t.typanalyze::pg_catalog.regproc::text END AS analyze,
    CASE WHEN t.typsubscript <> 0 THEN t.typsubscript::pg_catalog.regproc::text END AS subscript,
    t.typlen AS length,
    t.typbyval AS by_value,
    t.typalign::text AS alignment,
    CASE t.typstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' ELSE 'main' END AS storage,
    t.typcategory::text AS category,
    t.typispreferred AS preferred,
    t.typdefault AS default,
    CASE WHEN t.typelem <> 0 THEN pg_catalog.format_type(t.typelem, NULL) END AS element,
    t.typdelim::text AS delimiter,
    t.typcollation <> 0 AS collatable
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE {user:t.oid} AND t.typtype = 'b'
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid)
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_type, t.oid} AND {only:t.oid}
ORDER BY t.oid
