SELECT
    p.oid AS oid,
    n.nspname_quoted || '.' || pg_catalog.quote_ident(p.proname) || '('
        || COALESCE(NULLIF(pg_catalog.pg_get_function_identity_arguments(p.oid), ''), '*') || ')' AS identity,
    p.proname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(p.proowner)::text AS owner,
    p.proacl::text[] AS acl,
    CASE WHEN p.proacl IS NOT NULL THEN pg_catalog.acldefault('f', p.proowner)::text[] END AS acl_default,
    COALESCE(NULLIF(pg_catalog.pg_get_function_identity_arguments(p.oid), ''), '*') AS identity_arguments,
    'CREATE AGGREGATE ' || n.nspname_quoted || '.' || pg_catalog.quote_ident(p.proname)
        || '(' || COALESCE(NULLIF(pg_catalog.pg_get_function_arguments(p.oid), ''), '*') || ') ('
        || 'SFUNC = ' || a.aggtransfn::pg_catalog.regproc::text
        || ', STYPE = ' || pg_catalog.format_type(a.aggtranstype, NULL)
        || CASE WHEN a.aggtransspace <> 0 THEN ', SSPACE = ' || a.aggtransspace ELSE '' END
        || CASE WHEN a.aggfinalfn <> 0 THEN ', FINALFUNC = ' || a.aggfinalfn::pg_catalog.regproc::text ELSE '' END
        || CASE WHEN a.aggfinalextra THEN ', FINALFUNC_EXTRA' ELSE '' END
        || CASE WHEN a.aggfinalfn <> 0 AND a.aggfinalmodify <> CASE WHEN a.aggkind = 'n' THEN 'r' ELSE 'w' END::"char"
            THEN ', FINALFUNC_MODIFY = ' || m.words[pg_catalog.strpos('rsw', a.aggfinalmodify::text)] ELSE '' END
        || CASE WHEN a.aggcombinefn <> 0 THEN ', COMBINEFUNC = ' || a.aggcombinefn::pg_catalog.regproc::text ELSE '' END
        || CASE WHEN a.aggserialfn <> 0 THEN ', SERIALFUNC = ' || a.aggserialfn::pg_catalog.regproc::text ELSE '' END
        || CASE WHEN a.aggdeserialfn <> 0 THEN ', DESERIALFUNC = ' || a.aggdeserialfn::pg_catalog.regproc::text ELSE '' END
        || CASE WHEN a.agginitval IS NOT NULL THEN ', INITCOND = ' || pg_catalog.quote_literal(a.agginitval) ELSE '' END
        || CASE WHEN a.aggmtransfn <> 0 THEN ', MSFUNC = ' || a.aggmtransfn::pg_catalog.regproc::text
            || ', MINVFUNC = ' || a.aggminvtransfn::pg_catalog.regproc::text
            || ', MSTYPE = ' || pg_catalog.format_type(a.aggmtranstype, NULL) ELSE '' END
        || CASE WHEN a.aggmtransspace <> 0 THEN ', MSSPACE = ' || a.aggmtransspace ELSE '' END
        || CASE WHEN a.aggmfinalfn <> 0 THEN ', MFINALFUNC = ' || a.aggmfinalfn::pg_catalog.regproc::text ELSE '' END
        || CASE WHEN a.aggmfinalextra THEN ', MFINALFUNC_EXTRA' ELSE '' END
        || CASE WHEN a.aggmfinalfn <> 0 AND a.aggmfinalmodify <> CASE WHEN a.aggkind = 'n' THEN 'r' ELSE 'w' END::"char"
            THEN ', MFINALFUNC_MODIFY = ' || m.words[pg_catalog.strpos('rsw', a.aggmfinalmodify::text)] ELSE '' END
        || CASE WHEN a.aggminitval IS NOT NULL THEN ', MINITCOND = ' || pg_catalog.quote_literal(a.aggminitval) ELSE '' END
        || CASE WHEN a.aggsortop <> 0 THEN ', SORTOP = OPERATOR(' || s.oprnamespace::pg_catalog.regnamespace::text
            || '.' || s.oprname || ')' ELSE '' END
        || CASE p.proparallel WHEN 's' THEN ', PARALLEL = SAFE' WHEN 'r' THEN ', PARALLEL = RESTRICTED' ELSE '' END
        || CASE WHEN a.aggkind = 'h' THEN ', HYPOTHETICAL' ELSE '' END || ')' AS definition
FROM pg_catalog.pg_proc p
JOIN (SELECT oid, nspname, pg_catalog.quote_ident(nspname) AS nspname_quoted FROM pg_catalog.pg_namespace) n
    ON n.oid = p.pronamespace
JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = p.oid
LEFT JOIN pg_catalog.pg_operator s ON s.oid = a.aggsortop
CROSS JOIN (SELECT ARRAY['READ_ONLY', 'SHAREABLE', 'READ_WRITE'] AS words) m
WHERE {user:p.oid} AND p.prokind = 'a'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_proc, p.oid} AND {only:p.oid}
ORDER BY p.oid
