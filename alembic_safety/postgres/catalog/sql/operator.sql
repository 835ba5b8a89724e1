SELECT
    o.oid AS oid,
    pg_catalog.quote_ident(n.nspname) || '.' || o.oprname || '('
        || CASE WHEN o.oprleft <> 0 THEN pg_catalog.format_type(o.oprleft, NULL) ELSE 'NONE' END || ', '
        || CASE WHEN o.oprright <> 0 THEN pg_catalog.format_type(o.oprright, NULL) ELSE 'NONE' END || ')' AS identity,
    o.oprname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(o.oprowner)::text AS owner,
    'CREATE OPERATOR ' || pg_catalog.quote_ident(n.nspname) || '.' || o.oprname || ' ('
        || 'FUNCTION = ' || o.oprcode::pg_catalog.regproc::text
        || CASE WHEN o.oprleft <> 0 THEN ', LEFTARG = ' || pg_catalog.format_type(o.oprleft, NULL) ELSE '' END
        || CASE WHEN o.oprright <> 0 THEN ', RIGHTARG = ' || pg_catalog.format_type(o.oprright, NULL) ELSE '' END
        || CASE WHEN c.oid IS NOT NULL THEN ', COMMUTATOR = OPERATOR('
            || c.oprnamespace::pg_catalog.regnamespace::text || '.' || c.oprname || ')' ELSE '' END
        || CASE WHEN g.oid IS NOT NULL THEN ', NEGATOR = OPERATOR('
            || g.oprnamespace::pg_catalog.regnamespace::text || '.' || g.oprname || ')' ELSE '' END
        || CASE WHEN o.oprrest <> 0 THEN ', RESTRICT = ' || o.oprrest::pg_catalog.regproc::text ELSE '' END
        || CASE WHEN o.oprjoin <> 0 THEN ', JOIN = ' || o.oprjoin::pg_catalog.regproc::text ELSE '' END
        || CASE WHEN o.oprcanhash THEN ', HASHES' ELSE '' END
        || CASE WHEN o.oprcanmerge THEN ', MERGES' ELSE '' END || ')' AS definition,
    CASE WHEN o.oprleft <> 0 THEN pg_catalog.format_type(o.oprleft, NULL) END AS left,
    CASE WHEN o.oprright <> 0 THEN pg_catalog.format_type(o.oprright, NULL) END AS right
FROM pg_catalog.pg_operator o
JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
LEFT JOIN pg_catalog.pg_operator c ON c.oid = o.oprcom
LEFT JOIN pg_catalog.pg_operator g ON g.oid = o.oprnegate
WHERE {user:o.oid} AND o.oprcode <> 0
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_operator, o.oid} AND {only:o.oid}
ORDER BY o.oid
