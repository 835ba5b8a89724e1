-- Grants on members of extensions that differ from what the extension's script gave, worded as in unmodelled.sql.
SELECT 'extension member grants' AS kind,
       a.words || ' ' || a.identity || ' ' || COALESCE(a.acl, a.usual)::text
       || ' instead of ' || COALESCE(i.initprivs, a.usual)::text || ' of ' || a.owner::pg_catalog.regrole::text AS identity
FROM (
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS class, c.oid, CASE WHEN c.relkind = 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS words,
           c.oid::pg_catalog.regclass::text AS identity, c.relacl AS acl, c.relowner AS owner,
           pg_catalog.acldefault(CASE WHEN c.relkind = 'S' THEN 's' ELSE 'r' END::"char", c.relowner) AS usual, 0 AS sub
    FROM pg_catalog.pg_class c WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, CASE WHEN p.prokind = 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
           p.oid::pg_catalog.regprocedure::text, p.proacl, p.proowner,
           pg_catalog.acldefault('f', p.proowner), 0
    FROM pg_catalog.pg_proc p WHERE p.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 'TYPE',
           pg_catalog.format_type(t.oid, NULL), t.typacl, t.typowner,
           pg_catalog.acldefault('T', t.typowner), 0
    FROM pg_catalog.pg_type t WHERE t.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, n.oid, 'SCHEMA',
           pg_catalog.quote_ident(n.nspname), n.nspacl, n.nspowner,
           pg_catalog.acldefault('n', n.nspowner), 0
    FROM pg_catalog.pg_namespace n WHERE n.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_language'::pg_catalog.regclass, l.oid, 'LANGUAGE',
           pg_catalog.quote_ident(l.lanname), l.lanacl, l.lanowner,
           pg_catalog.acldefault('l', l.lanowner), 0
    FROM pg_catalog.pg_language l WHERE l.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, f.oid, 'FOREIGN DATA WRAPPER',
           pg_catalog.quote_ident(f.fdwname), f.fdwacl, f.fdwowner,
           pg_catalog.acldefault('F', f.fdwowner), 0
    FROM pg_catalog.pg_foreign_data_wrapper f WHERE f.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, t.attrelid, 'COLUMN',
           pg_catalog.quote_ident(t.attname) || ' ON TABLE ' || t.attrelid::pg_catalog.regclass::text, t.attacl, c.relowner,
           '{}', t.attnum
    FROM pg_catalog.pg_attribute t JOIN pg_catalog.pg_class c ON c.oid = t.attrelid
    WHERE t.attrelid >= 16384 AND t.attnum > 0 AND NOT t.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND (t.attacl IS NOT NULL OR t.attrelid IN (SELECT p.objoid FROM pg_catalog.pg_init_privs p WHERE p.objsubid <> 0))
) a
JOIN pg_catalog.pg_depend d ON d.classid = a.class AND d.objid = a.oid AND d.objsubid = 0 AND d.deptype = 'e'
LEFT JOIN pg_catalog.pg_init_privs i ON i.classoid = a.class AND i.objoid = a.oid AND i.objsubid = a.sub
WHERE COALESCE(a.acl, a.usual)::text <> COALESCE(i.initprivs, a.usual)::text
ORDER BY 1, 2
