-- Which kinds of rows a database has at all, so that nobody asks for the others; 'members' are the catalogs of extensions' members.
SELECT 'pg_class', pg_catalog.array_agg(x.letter)
FROM (SELECT DISTINCT c.relkind::text AS letter FROM pg_catalog.pg_class c WHERE c.oid >= 16384) x
UNION ALL
-- Arrays are with their elements.
SELECT 'pg_type', pg_catalog.array_agg(x.letter) FROM (
    SELECT DISTINCT t.typtype::text AS letter FROM pg_catalog.pg_type t
    WHERE t.oid >= 16384 AND t.typinput <> 'pg_catalog.array_in'::pg_catalog.regproc) x
UNION ALL
SELECT 'pg_proc', pg_catalog.array_agg(DISTINCT p.prokind::text) FROM pg_catalog.pg_proc p WHERE p.oid >= 16384
UNION ALL
SELECT 'members', pg_catalog.array_agg(DISTINCT d.classid::pg_catalog.regclass::text)
FROM pg_catalog.pg_depend d
-- The index leads to them by what they refer to.
WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e' AND d.objid >= 16384
UNION ALL
SELECT 'pg_rewrite', pg_catalog.array_agg(DISTINCT 'r'::text) FROM pg_catalog.pg_rewrite w
WHERE w.oid >= 16384 AND w.rulename <> '_RETURN'
UNION ALL
SELECT 'pg_constraint', pg_catalog.array_agg(x.letter) FROM (
    SELECT DISTINCT CASE WHEN k.contypid <> 0 THEN 'd' ELSE 't' END AS letter
    FROM pg_catalog.pg_constraint k WHERE k.oid >= 16384) x
UNION ALL
SELECT v.catalog, pg_catalog.array_agg('x'::text) FROM (
    SELECT 'pg_extension' AS catalog WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_extension x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_language' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_language x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_am' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_am x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_operator' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_operator x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_opfamily' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_opfamily x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_opclass' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_opclass x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_cast' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_cast x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_transform' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_transform x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_collation' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_collation x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_conversion' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_conversion x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_ts_parser' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_ts_parser x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_ts_template' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_ts_template x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_ts_dict' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_ts_dict x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_ts_config' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_ts_config x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_trigger' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_trigger x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_policy' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_policy x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_statistic_ext' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_statistic_ext x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_event_trigger' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_event_trigger x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_publication' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_publication x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_foreign_data_wrapper'
        WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_foreign_data_wrapper x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_default_acl' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_default_acl x WHERE x.oid >= 16384)
    UNION ALL SELECT 'pg_attrdef' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_attrdef x WHERE x.oid >= 16384)
) v GROUP BY v.catalog
