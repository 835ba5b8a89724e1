-- The constructors of a range type belong to it (internal dependency) and are no functions of their own.
SELECT
    p.oid AS oid,
    p.oid::pg_catalog.regprocedure::text AS identity,
    p.proname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(p.proowner)::text AS owner,
    p.proacl::text[] AS acl,
    CASE WHEN p.proacl IS NOT NULL THEN pg_catalog.acldefault('f', p.proowner)::text[] END AS acl_default,
    pg_catalog.pg_get_functiondef(p.oid) AS definition,
    pg_catalog.pg_get_function_arguments(p.oid) AS arguments,
    pg_catalog.pg_get_function_identity_arguments(p.oid) AS identity_arguments,
    pg_catalog.pg_get_function_result(p.oid) AS result,
    l.lanname::text AS language,
    p.prokind = 'w' AS window
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE {user:p.oid} AND p.prokind IN ('f', 'w')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_depend i
        WHERE i.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND i.objid = p.oid AND i.deptype = 'i')
  AND {own:pg_proc, p.oid} AND {only:p.oid}
ORDER BY p.oid
