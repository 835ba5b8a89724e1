-- Subscriptions and large objects; grants on objects of the system that differ from what initdb gave (pg_dump writes those too);
-- options of user mappings that this role may not see.
-- A changed grant reads `FUNCTION f(integer) {its list} instead of {initdb's or the script's list} of owner`.
SELECT 'subscription' AS kind, pg_catalog.quote_ident(s.subname) AS identity
FROM pg_catalog.pg_subscription s
WHERE s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
UNION ALL
SELECT 'large objects', pg_catalog.count(*)::text FROM pg_catalog.pg_largeobject_metadata m HAVING pg_catalog.count(*) > 0
UNION ALL
SELECT 'system relation grants', CASE WHEN c.relkind = 'S' THEN 'SEQUENCE' ELSE 'TABLE' END || ' ' || c.oid::pg_catalog.regclass::text
       || ' ' || COALESCE(c.relacl, pg_catalog.acldefault(CASE WHEN c.relkind = 'S' THEN 's' ELSE 'r' END::"char", c.relowner))::text
       || ' instead of ' || COALESCE(i.initprivs, pg_catalog.acldefault(CASE WHEN c.relkind = 'S' THEN 's' ELSE 'r' END::"char", c.relowner))::text
       || ' of ' || c.relowner::pg_catalog.regrole::text
FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_init_privs i
    ON i.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.objoid = c.oid AND i.objsubid = 0
WHERE c.oid < 16384 AND c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND (c.relacl IS NOT NULL OR i.objoid IS NOT NULL)
  AND COALESCE(c.relacl, pg_catalog.acldefault(CASE WHEN c.relkind = 'S' THEN 's' ELSE 'r' END::"char", c.relowner))::text
      <> COALESCE(i.initprivs, pg_catalog.acldefault(CASE WHEN c.relkind = 'S' THEN 's' ELSE 'r' END::"char", c.relowner))::text
UNION ALL
SELECT 'system column grants', 'COLUMN ' || pg_catalog.quote_ident(a.attname) || ' ON TABLE ' || a.attrelid::pg_catalog.regclass::text
       || ' ' || COALESCE(a.attacl, '{}')::text || ' instead of ' || COALESCE(i.initprivs, '{}')::text
       || ' of ' || c.relowner::pg_catalog.regrole::text
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_catalog.pg_init_privs i
    ON i.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.objoid = a.attrelid AND i.objsubid = a.attnum
WHERE a.attrelid < 16384 AND a.attnum > 0 AND c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace
  AND (a.attacl IS NOT NULL OR i.objoid IS NOT NULL) AND COALESCE(a.attacl, '{}')::text <> COALESCE(i.initprivs, '{}')::text
UNION ALL
SELECT 'system function grants', CASE WHEN p.prokind = 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END || ' ' || p.oid::pg_catalog.regprocedure::text
       || ' ' || COALESCE(p.proacl, pg_catalog.acldefault('f', p.proowner))::text
       || ' instead of ' || COALESCE(i.initprivs, pg_catalog.acldefault('f', p.proowner))::text
       || ' of ' || p.proowner::pg_catalog.regrole::text
FROM pg_catalog.pg_proc p
LEFT JOIN pg_catalog.pg_init_privs i
    ON i.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND i.objoid = p.oid AND i.objsubid = 0
WHERE p.oid < 16384 AND p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace AND (p.proacl IS NOT NULL OR i.objoid IS NOT NULL)
  AND COALESCE(p.proacl, pg_catalog.acldefault('f', p.proowner))::text
      <> COALESCE(i.initprivs, pg_catalog.acldefault('f', p.proowner))::text
UNION ALL
SELECT 'system type grants', 'TYPE ' || pg_catalog.format_type(t.oid, NULL)
       || ' ' || COALESCE(t.typacl, pg_catalog.acldefault('T', t.typowner))::text
       || ' instead of ' || COALESCE(i.initprivs, pg_catalog.acldefault('T', t.typowner))::text
       || ' of ' || t.typowner::pg_catalog.regrole::text
FROM pg_catalog.pg_type t
LEFT JOIN pg_catalog.pg_init_privs i
    ON i.classoid = 'pg_catalog.pg_type'::pg_catalog.regclass AND i.objoid = t.oid AND i.objsubid = 0
WHERE t.oid < 16384 AND t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND (t.typacl IS NOT NULL OR i.objoid IS NOT NULL)
  AND COALESCE(t.typacl, pg_catalog.acldefault('T', t.typowner))::text
      <> COALESCE(i.initprivs, pg_catalog.acldefault('T', t.typowner))::text
UNION ALL
SELECT 'system language grants', 'LANGUAGE ' || pg_catalog.quote_ident(l.lanname)
       || ' ' || COALESCE(l.lanacl, pg_catalog.acldefault('l', l.lanowner))::text
       || ' instead of ' || COALESCE(i.initprivs, pg_catalog.acldefault('l', l.lanowner))::text
       || ' of ' || l.lanowner::pg_catalog.regrole::text
FROM pg_catalog.pg_language l
LEFT JOIN pg_catalog.pg_init_privs i
    ON i.classoid = 'pg_catalog.pg_language'::pg_catalog.regclass AND i.objoid = l.oid AND i.objsubid = 0
WHERE l.oid < 16384 AND (l.lanacl IS NOT NULL OR i.objoid IS NOT NULL)
  AND COALESCE(l.lanacl, pg_catalog.acldefault('l', l.lanowner))::text
      <> COALESCE(i.initprivs, pg_catalog.acldefault('l', l.lanowner))::text
UNION ALL
SELECT 'system schema grants', 'SCHEMA ' || pg_catalog.quote_ident(n.nspname)
       || ' ' || COALESCE(n.nspacl, pg_catalog.acldefault('n', n.nspowner))::text
       || ' instead of ' || COALESCE(i.initprivs, pg_catalog.acldefault('n', n.nspowner))::text
       || ' of ' || n.nspowner::pg_catalog.regrole::text
FROM pg_catalog.pg_namespace n
LEFT JOIN pg_catalog.pg_init_privs i
    ON i.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND i.objoid = n.oid AND i.objsubid = 0
WHERE n.nspname = 'pg_catalog' AND (n.nspacl IS NOT NULL OR i.objoid IS NOT NULL)
  AND COALESCE(n.nspacl, pg_catalog.acldefault('n', n.nspowner))::text
      <> COALESCE(i.initprivs, pg_catalog.acldefault('n', n.nspowner))::text
UNION ALL
SELECT 'user mapping options', 'FOR ' || pg_catalog.quote_ident(m.usename) || ' SERVER ' || pg_catalog.quote_ident(m.srvname)
FROM pg_catalog.pg_user_mappings m
WHERE m.umoptions IS NULL AND NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
ORDER BY 1, 2
