SELECT
    f.oid AS oid,
    pg_catalog.quote_ident(f.fdwname) AS identity,
    f.fdwname::text AS name,
    pg_catalog.pg_get_userbyid(f.fdwowner)::text AS owner,
    f.fdwacl::text[] AS acl,
    CASE WHEN f.fdwacl IS NOT NULL THEN pg_catalog.acldefault('F', f.fdwowner)::text[] END AS acl_default,
    CASE WHEN f.fdwhandler <> 0 THEN f.fdwhandler::pg_catalog.regproc::text END AS handler,
    CASE WHEN f.fdwvalidator <> 0 THEN f.fdwvalidator::pg_catalog.regproc::text END AS validator,
    COALESCE(f.fdwoptions, '{}') AS options
FROM pg_catalog.pg_foreign_data_wrapper f
WHERE {user:f.oid} AND {own:pg_foreign_data_wrapper, f.oid} AND {only:f.oid}
ORDER BY f.oid
