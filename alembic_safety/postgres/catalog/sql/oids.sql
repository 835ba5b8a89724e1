-- All that is there of what can go without a trace in a row that stays; one text for each catalog.
SELECT 'pg_class', pg_catalog.string_agg(x.oid::text, ' ') FROM pg_catalog.pg_class x WHERE x.oid >= 16384
UNION ALL
SELECT 'pg_type', pg_catalog.string_agg(x.oid::text, ' ') FROM pg_catalog.pg_type x WHERE x.oid >= 16384
UNION ALL
SELECT 'pg_proc', pg_catalog.string_agg(x.oid::text, ' ') FROM pg_catalog.pg_proc x WHERE x.oid >= 16384
UNION ALL
SELECT 'pg_constraint', pg_catalog.string_agg(x.oid::text, ' ') FROM pg_catalog.pg_constraint x WHERE x.oid >= 16384
UNION ALL
SELECT 'pg_trigger', pg_catalog.string_agg(x.oid::text, ' ') FROM pg_catalog.pg_trigger x WHERE x.oid >= 16384
UNION ALL
SELECT 'pg_rewrite', pg_catalog.string_agg(x.oid::text, ' ') FROM pg_catalog.pg_rewrite x WHERE x.oid >= 16384
UNION ALL
SELECT 'pg_policy', pg_catalog.string_agg(x.oid::text, ' ') FROM pg_catalog.pg_policy x WHERE x.oid >= 16384
UNION ALL
SELECT 'pg_statistic_ext', pg_catalog.string_agg(x.oid::text, ' ') FROM pg_catalog.pg_statistic_ext x WHERE x.oid >= 16384
UNION ALL
SELECT 'pg_namespace', pg_catalog.string_agg(x.oid::text, ' ') FROM pg_catalog.pg_namespace x
