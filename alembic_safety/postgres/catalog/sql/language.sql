SELECT
    l.oid AS oid,
    pg_catalog.quote_ident(l.lanname) AS identity,
    l.lanname::text AS name,
    pg_catalog.pg_get_userbyid(l.lanowner)::text AS owner,
    l.lanacl::text[] AS acl,
    CASE WHEN l.lanacl IS NOT NULL THEN pg_catalog.acldefault('l', l.lanowner)::text[] END AS acl_default,
    l.lanpltrusted AS trusted,
    CASE WHEN l.lanplcallfoid <> 0 THEN l.lanplcallfoid::pg_catalog.regproc::text END AS handler,
    CASE WHEN l.laninline <> 0 THEN l.laninline::pg_catalog.regproc::text END AS inline,
    CASE WHEN l.lanvalidator <> 0 THEN l.lanvalidator::pg_catalog.regproc::text END AS validator
FROM pg_catalog.pg_language l
WHERE {user:l.oid} AND {own:pg_language, l.oid} AND {only:l.oid}
ORDER BY l.oid
