-- What changed: for each catalog the owners (tables, types, …) of rows whose age is at most $1; where rows may go without a trace
-- in their owner, also the keys of those rows, and count, sum and greatest of all keys, which show drops. age() counts from this
-- transaction's own id (0; its subtransactions are below) or else from the next one to be given.
SELECT 'pg_class' AS catalog, 'pg_class' AS unit,
       pg_catalog.array_agg(x.oid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1) AS recent,
       pg_catalog.array_agg(x.oid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1) AS keys,
       pg_catalog.count(*) AS count,
       COALESCE(pg_catalog.sum(x.oid::int8), 0)::int8 AS sum,
       COALESCE(pg_catalog.max(x.oid::int8), 0) AS greatest,
       pg_catalog.string_agg(x.relkind::text, '') FILTER (WHERE pg_catalog.age(x.xmin) <= $1) AS letters
FROM pg_catalog.pg_class x
WHERE x.oid >= 16384 AND x.relkind <> 't' AND x.relnamespace <> 99
UNION ALL
SELECT 'pg_type', 'pg_type',
       pg_catalog.array_agg(x.oid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.array_agg(x.oid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.count(*),
       COALESCE(pg_catalog.sum(x.oid::int8), 0)::int8,
       COALESCE(pg_catalog.max(x.oid::int8), 0),
       pg_catalog.string_agg(x.typtype::text, '') FILTER (WHERE pg_catalog.age(x.xmin) <= $1)
FROM pg_catalog.pg_type x
WHERE x.oid >= 16384 AND x.typcategory <> 'A'
UNION ALL
SELECT 'pg_proc', 'pg_proc',
       pg_catalog.array_agg(x.oid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.array_agg(x.oid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.count(*),
       COALESCE(pg_catalog.sum(x.oid::int8), 0)::int8,
       COALESCE(pg_catalog.max(x.oid::int8), 0),
       pg_catalog.string_agg(x.prokind::text, '') FILTER (WHERE pg_catalog.age(x.xmin) <= $1)
FROM pg_catalog.pg_proc x
WHERE x.oid >= 16384
UNION ALL
SELECT 'pg_constraint', 'pg_class',
       pg_catalog.array_agg(x.conrelid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.array_agg(x.oid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.count(*),
       COALESCE(pg_catalog.sum(x.oid::int8), 0)::int8,
       COALESCE(pg_catalog.max(x.oid::int8), 0),
       NULL
FROM pg_catalog.pg_constraint x
WHERE x.oid >= 16384 AND x.conrelid <> 0
UNION ALL
SELECT 'pg_constraint', 'pg_type',
       pg_catalog.array_agg(x.contypid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.array_agg(x.oid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.count(*),
       COALESCE(pg_catalog.sum(x.oid::int8), 0)::int8,
       COALESCE(pg_catalog.max(x.oid::int8), 0),
       NULL
FROM pg_catalog.pg_constraint x
WHERE x.oid >= 16384 AND x.contypid <> 0
UNION ALL
SELECT 'pg_trigger', 'pg_class',
       pg_catalog.array_agg(x.tgrelid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.array_agg(x.oid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.count(*),
       COALESCE(pg_catalog.sum(x.oid::int8), 0)::int8,
       COALESCE(pg_catalog.max(x.oid::int8), 0),
       NULL
FROM pg_catalog.pg_trigger x
WHERE x.oid >= 16384 AND (NOT x.tgisinternal OR x.tgparentid <> 0)
UNION ALL
SELECT 'pg_rewrite', 'pg_class',
       pg_catalog.array_agg(x.ev_class::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.array_agg(x.oid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.count(*),
       COALESCE(pg_catalog.sum(x.oid::int8), 0)::int8,
       COALESCE(pg_catalog.max(x.oid::int8), 0),
       NULL
FROM pg_catalog.pg_rewrite x
WHERE x.oid >= 16384
UNION ALL
SELECT 'pg_policy', 'pg_class',
       pg_catalog.array_agg(x.polrelid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.array_agg(x.oid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.count(*),
       COALESCE(pg_catalog.sum(x.oid::int8), 0)::int8,
       COALESCE(pg_catalog.max(x.oid::int8), 0),
       NULL
FROM pg_catalog.pg_policy x
WHERE x.oid >= 16384
UNION ALL
SELECT 'pg_statistic_ext', 'pg_class',
       pg_catalog.array_agg(x.stxrelid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.array_agg(x.oid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.count(*),
       COALESCE(pg_catalog.sum(x.oid::int8), 0)::int8,
       COALESCE(pg_catalog.max(x.oid::int8), 0),
       NULL
FROM pg_catalog.pg_statistic_ext x
WHERE x.oid >= 16384
UNION ALL
SELECT 'pg_attrdef', 'pg_class', pg_catalog.array_agg(DISTINCT x.adrelid::int8), NULL, 0, 0, 0, NULL
FROM pg_catalog.pg_attrdef x
WHERE x.oid >= 16384 AND pg_catalog.age(x.xmin) <= $1
UNION ALL
SELECT 'pg_index', 'pg_class', pg_catalog.array_agg(DISTINCT x.indrelid::int8), NULL, 0, 0, 0, NULL
FROM pg_catalog.pg_index x
WHERE x.indexrelid >= 16384 AND pg_catalog.age(x.xmin) <= $1
UNION ALL
SELECT 'pg_sequence', 'pg_class', pg_catalog.array_agg(DISTINCT x.seqrelid::int8), NULL, 0, 0, 0, NULL
FROM pg_catalog.pg_sequence x
WHERE x.seqrelid >= 16384 AND pg_catalog.age(x.xmin) <= $1
UNION ALL
SELECT 'pg_inherits', 'pg_class',
       pg_catalog.array_agg(x.inhrelid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.array_agg(x.inhrelid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.count(*),
       COALESCE(pg_catalog.sum(x.inhrelid::int8), 0)::int8,
       COALESCE(pg_catalog.max(x.inhrelid::int8), 0),
       NULL
FROM pg_catalog.pg_inherits x
WHERE x.inhrelid >= 16384
UNION ALL
SELECT 'pg_enum', 'pg_type', pg_catalog.array_agg(DISTINCT x.enumtypid::int8), NULL, 0, 0, 0, NULL
FROM pg_catalog.pg_enum x
WHERE x.oid >= 16384 AND pg_catalog.age(x.xmin) <= $1
UNION ALL
SELECT 'pg_range', 'pg_type', pg_catalog.array_agg(DISTINCT x.rngtypid::int8), NULL, 0, 0, 0, NULL
FROM pg_catalog.pg_range x
WHERE x.rngtypid >= 16384 AND pg_catalog.age(x.xmin) <= $1
UNION ALL
SELECT 'pg_attribute', 'pg_class', pg_catalog.array_agg(DISTINCT x.attrelid::int8), NULL, 0, 0, 0, NULL
FROM pg_catalog.pg_attribute x
-- The age first: it leaves almost nothing of the largest catalog.
WHERE pg_catalog.age(x.xmin) <= $1 AND x.attrelid >= 16384 AND x.attnum > 0
UNION ALL
SELECT 'pg_description', 'pg_description',
       pg_catalog.array_agg(x.objoid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.array_agg(x.objoid::int8) FILTER (WHERE pg_catalog.age(x.xmin) <= $1),
       pg_catalog.count(*),
       COALESCE(pg_catalog.sum(x.objoid::int8), 0)::int8,
       COALESCE(pg_catalog.max(x.objoid::int8), 0),
       NULL
FROM pg_catalog.pg_description x
WHERE x.objoid >= 16384 OR x.objoid = 2200
