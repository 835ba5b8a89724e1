-- Loose members (added by ALTER OPERATOR FAMILY, bound to no class) as the items of ALTER OPERATOR FAMILY … ADD.
SELECT
    f.oid AS oid,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(f.opfname)
        || ' USING ' || pg_catalog.quote_ident(m.amname) AS identity,
    f.opfname::text AS name,
    n.nspname::text AS schema,
    pg_catalog.pg_get_userbyid(f.opfowner)::text AS owner,
    m.amname::text AS method,
    'CREATE OPERATOR FAMILY ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(f.opfname)
        || ' USING ' || pg_catalog.quote_ident(m.amname) AS definition,
    ARRAY(
        SELECT item FROM (
            SELECT 1 AS turn, o.amopstrategy AS number, o.oid,
                   'OPERATOR ' || o.amopstrategy || ' ' || o.amopopr::pg_catalog.regoperator::text
                   || CASE WHEN b.oid IS NOT NULL THEN ' FOR ORDER BY '
                       || b.opfnamespace::pg_catalog.regnamespace::text || '.' || pg_catalog.quote_ident(b.opfname) ELSE '' END AS item
            FROM pg_catalog.pg_amop o LEFT JOIN pg_catalog.pg_opfamily b ON b.oid = o.amopsortfamily
            WHERE o.amopfamily = f.oid AND EXISTS (
                SELECT 1 FROM pg_catalog.pg_depend d
                WHERE d.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass AND d.objid = o.oid
                  AND d.refclassid = 'pg_catalog.pg_opfamily'::pg_catalog.regclass AND d.refobjid = f.oid)
            UNION ALL
            SELECT 2, p.amprocnum, p.oid,
                   'FUNCTION ' || p.amprocnum || ' (' || pg_catalog.format_type(p.amproclefttype, NULL) || ', '
                   || pg_catalog.format_type(p.amprocrighttype, NULL) || ') ' || p.amproc::pg_catalog.regprocedure::text
            FROM pg_catalog.pg_amproc p
            WHERE p.amprocfamily = f.oid AND EXISTS (
                SELECT 1 FROM pg_catalog.pg_depend d
                WHERE d.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass AND d.objid = p.oid
                  AND d.refclassid = 'pg_catalog.pg_opfamily'::pg_catalog.regclass AND d.refobjid = f.oid)
        ) i ORDER BY turn, number, oid
    ) AS loose_members
FROM pg_catalog.pg_opfamily f
JOIN pg_catalog.pg_namespace n ON n.oid = f.opfnamespace
JOIN pg_catalog.pg_am m ON m.oid = f.opfmethod
WHERE {user:f.oid}
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND {own:pg_opfamily, f.oid} AND {only:f.oid}
ORDER BY f.oid
