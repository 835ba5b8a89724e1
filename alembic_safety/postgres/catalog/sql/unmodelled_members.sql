-- Grants on members of extensions that differ from what the extension's script gave.
SELECT 'extension member grants' AS kind, a.identity || ' ' || COALESCE(a.acl, 'default') AS identity
FROM (
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS class, c.oid, c.oid::pg_catalog.regclass::text AS identity, c.relacl::text AS acl
    FROM pg_catalog.pg_class c WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, p.oid::pg_catalog.regprocedure::text, p.proacl::text
    FROM pg_catalog.pg_proc p WHERE p.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, pg_catalog.format_type(t.oid, NULL), t.typacl::text
    FROM pg_catalog.pg_type t WHERE t.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, n.oid, 'schema ' || pg_catalog.quote_ident(n.nspname), n.nspacl::text
    FROM pg_catalog.pg_namespace n WHERE n.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_language'::pg_catalog.regclass, l.oid, 'language ' || pg_catalog.quote_ident(l.lanname), l.lanacl::text
    FROM pg_catalog.pg_language l WHERE l.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, f.oid,
           'foreign data wrapper ' || pg_catalog.quote_ident(f.fdwname), f.fdwacl::text
    FROM pg_catalog.pg_foreign_data_wrapper f WHERE f.oid >= 16384
) a
JOIN pg_catalog.pg_depend d ON d.classid = a.class AND d.objid = a.oid AND d.deptype = 'e'
LEFT JOIN pg_catalog.pg_init_privs i ON i.classoid = a.class AND i.objoid = a.oid AND i.objsubid = 0
WHERE a.acl IS DISTINCT FROM i.initprivs::text
ORDER BY 1, 2
