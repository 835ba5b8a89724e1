-- Fingerprint of the catalogs of rare objects, and of roles and tablespaces, whose names appear in other objects. A row that one
-- transaction changes twice keeps its xmin, not its ctid.
SELECT pg_catalog.count(*)::text || ' ' || pg_catalog.sum(pg_catalog.hashtextextended(f.catalog || f.row, 0))::text FROM (
    SELECT 'pg_extension' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_extension x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_language' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_language x
    UNION ALL
    SELECT 'pg_am' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_am x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_operator' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_operator x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_opfamily' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_opfamily x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_opclass' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_opclass x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_amop' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_amop x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_amproc' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_amproc x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_cast' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_cast x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_transform' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_transform x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_collation' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_collation x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_conversion' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_conversion x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_ts_parser' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_ts_parser x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_ts_template' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_ts_template x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_ts_dict' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_ts_dict x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_ts_config' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_ts_config x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_event_trigger' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_event_trigger x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_publication' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_publication x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_publication_rel' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_publication_rel x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_foreign_data_wrapper' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_foreign_data_wrapper x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_foreign_server' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_foreign_server x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_default_acl' AS catalog, x.oid::text || ':' || x.xmin::text || x.ctid::text AS row FROM pg_catalog.pg_default_acl x WHERE x.oid >= 16384
    UNION ALL
    SELECT 'pg_foreign_table', x.ftrelid::text || ':' || x.xmin::text || x.ctid::text FROM pg_catalog.pg_foreign_table x
    UNION ALL
    SELECT 'pg_ts_config_map', x.mapcfg::text || ':' || x.xmin::text || x.ctid::text FROM pg_catalog.pg_ts_config_map x WHERE x.mapcfg >= 16384
    UNION ALL
    SELECT 'pg_seclabel', x.objoid::text || ':' || x.xmin::text || x.ctid::text FROM pg_catalog.pg_seclabel x
    UNION ALL
    SELECT 'pg_user_mapping', x.umid::text || ' ' || x.srvname || ' ' || COALESCE(x.usename, '') || ' ' || COALESCE(x.umoptions::text, '')
    FROM pg_catalog.pg_user_mappings x
    UNION ALL
    SELECT 'pg_largeobject_metadata', pg_catalog.count(*)::text FROM pg_catalog.pg_largeobject_metadata x
    UNION ALL
    SELECT 'pg_subscription', x.oid::text || x.subname FROM pg_catalog.pg_subscription x
    UNION ALL
    SELECT 'pg_roles', x.oid::text || ' ' || x.rolname FROM pg_catalog.pg_roles x WHERE x.oid >= 16384 OR x.oid = 10
    UNION ALL
    SELECT 'pg_tablespace', x.oid::text || ' ' || x.spcname FROM pg_catalog.pg_tablespace x
    UNION ALL
    SELECT 'system', x.oid::text || ':' || x.xmin::text || x.ctid::text FROM pg_catalog.pg_class x WHERE x.oid < 16384 AND x.relacl IS NOT NULL
    UNION ALL
    SELECT 'pg_type', x.oid::text || ':' || x.xmin::text || x.ctid::text FROM pg_catalog.pg_type x WHERE x.oid < 16384 AND x.typacl IS NOT NULL
    UNION ALL
    SELECT 'pg_proc', x.oid::text || ':' || x.xmin::text || x.ctid::text FROM pg_catalog.pg_proc x WHERE x.oid < 16384 AND x.proacl IS NOT NULL
) f
