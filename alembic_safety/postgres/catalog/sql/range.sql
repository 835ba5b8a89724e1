SELECT
    t.oid AS oid,
    pg_catalog.format_type(t.oid, NULL) AS identity,
    t.typname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(t.typowner)::text AS owner,
    t.typacl::text[] AS acl,
    CASE WHEN t.typacl IS NOT NULL THEN pg_catalog.acldefault('T', t.typowner)::text[] END AS acl_default,
    pg_catalog.format_type(r.rngsubtype, NULL) AS subtype,
    o.opcnamespace::pg_catalog.regnamespace::text || '.' || pg_catalog.quote_ident(o.opcname) AS operator_class,
    CASE WHEN r.rngcollation <> s.typcollation THEN r.rngcollation::pg_catalog.regcollation::text END AS collation,
    CASE WHEN r.rngcanonical <> 0 THEN r.rngcanonical::pg_catalog.regproc::text END AS canonical,
    CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::pg_catalog.regproc::text END AS subtype_diff,
    pg_catalog.format_type(r.rngmultitypid, NULL) AS multirange
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid
JOIN pg_catalog.pg_type s ON s.oid = r.rngsubtype
JOIN pg_catalog.pg_opclass o ON o.oid = r.rngsubopc
WHERE {user:t.oid}
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_type, t.oid} AND {only:t.oid}
ORDER BY t.oid
