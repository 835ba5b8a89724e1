SELECT
    c.oid AS oid,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.opcname)
        || ' USING ' || pg_catalog.quote_ident(m.amname) AS identity,
    c.opcname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(c.opcowner)::text AS owner,
    m.amname::text AS method,
    'CREATE OPERATOR CLASS ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.opcname)
        || CASE WHEN c.opcdefault THEN ' DEFAULT' ELSE '' END
        || ' FOR TYPE ' || pg_catalog.format_type(c.opcintype, NULL) || ' USING ' || pg_catalog.quote_ident(m.amname)
        || ' FAMILY ' || f.opfnamespace::pg_catalog.regnamespace::text || '.' || pg_catalog.quote_ident(f.opfname)
        || ' AS ' || pg_catalog.array_to_string(
            CASE WHEN c.opckeytype <> 0 OR i.items IS NULL THEN
                ARRAY['STORAGE ' || pg_catalog.format_type(CASE WHEN c.opckeytype <> 0 THEN c.opckeytype ELSE c.opcintype END, NULL)]
            ELSE '{}' END || COALESCE(i.items, '{}'), ', ')
        AS definition
FROM pg_catalog.pg_opclass c
JOIN pg_catalog.pg_namespace n ON n.oid = c.opcnamespace
JOIN pg_catalog.pg_am m ON m.oid = c.opcmethod
JOIN pg_catalog.pg_opfamily f ON f.oid = c.opcfamily
CROSS JOIN LATERAL (
    SELECT pg_catalog.array_agg(item ORDER BY turn, number, item) AS items FROM (
        SELECT 1 AS turn, o.amopstrategy AS number,
               'OPERATOR ' || o.amopstrategy || ' ' || o.amopopr::pg_catalog.regoperator::text
               || CASE WHEN b.oid IS NOT NULL THEN ' FOR ORDER BY '
                   || b.opfnamespace::pg_catalog.regnamespace::text || '.' || pg_catalog.quote_ident(b.opfname) ELSE '' END AS item
        FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_amop o ON o.oid = d.objid
        LEFT JOIN pg_catalog.pg_opfamily b ON b.oid = o.amopsortfamily
        WHERE d.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass
          AND d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass AND d.refobjid = c.oid
        UNION ALL
        SELECT 2, p.amprocnum,
               'FUNCTION ' || p.amprocnum || ' (' || pg_catalog.format_type(p.amproclefttype, NULL) || ', '
               || pg_catalog.format_type(p.amprocrighttype, NULL) || ') ' || p.amproc::pg_catalog.regprocedure::text
        FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_amproc p ON p.oid = d.objid
        WHERE d.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass
          AND d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass AND d.refobjid = c.oid
    ) l
) i
WHERE {user:c.oid}
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_opclass, c.oid} AND {only:c.oid}
ORDER BY c.oid
