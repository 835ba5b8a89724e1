-- What has recent rows (see queries.py for the marks), a section for each catalog: the catalog and OID of the unit that a row belongs to
-- (NULL where it belongs to none that is read), the row's own OID, the command of this transaction that wrote it (NULL where it can't be
-- told), how many rows that is, and the letter of relkind, typtype or prokind of the unit, of a dependency the row itself as in edges.sql.
-- "near" tells where the rows are that come with changes of the relations that this session holds strong locks on.
-- == pg_namespace
SELECT CASE WHEN x.nspname !~ '^pg_(temp|toast)' THEN 'pg_namespace' END AS catalog, x.oid AS oid, x.oid AS own,
       {command:x} AS command, 1::bigint AS count, 'n' AS note
FROM pg_catalog.pg_namespace x
WHERE {recent:x}
-- == pg_class near x.oid = ANY ({relations})
SELECT CASE WHEN x.relkind = 't' OR x.relpersistence = 't' OR x.relnamespace = 'pg_toast'::pg_catalog.regnamespace THEN NULL
            WHEN x.relkind = 'c' THEN 'pg_type' ELSE 'pg_class' END AS catalog,
       -- An index is read with its table, a composite type's relation with the type.
       CASE WHEN x.relkind IN ('i', 'I') THEN (SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = x.oid)
            WHEN x.relkind = 'c' THEN x.reltype ELSE x.oid END AS oid,
       x.oid AS own, {command:x} AS command, 1::bigint AS count,
       CASE WHEN x.relkind NOT IN ('i', 'I') THEN x.relkind::text END AS note
FROM pg_catalog.pg_class x
WHERE {recent:x}
-- == pg_attribute near x.attrelid = ANY ({relations})
-- By number: nobody is to sort them by way of the index.
SELECT 'pg_class' AS catalog, x.attrelid::bigint AS oid, x.attrelid::bigint AS own,
       pg_catalog.max({command:x}) AS command, pg_catalog.count(*) AS count, NULL::text AS note
FROM pg_catalog.pg_attribute x
WHERE {recent:x}
GROUP BY x.attrelid::bigint, x.xmax = 0
-- == pg_type near x.oid = ANY (ARRAY(SELECT pg_catalog.unnest(ARRAY[r_.reltype, t_.typarray]) FROM pg_catalog.pg_class r_ JOIN pg_catalog.pg_type t_ ON t_.oid = r_.reltype WHERE r_.oid = ANY ({relations})))
-- Row types and array types belong to their table or element, a multirange to its range.
SELECT CASE WHEN x.typcategory <> 'A'
                 AND (x.typrelid = 0 OR (SELECT c.relkind FROM pg_catalog.pg_class c WHERE c.oid = x.typrelid) = 'c')
            THEN 'pg_type' END AS catalog,
       COALESCE((SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE x.typtype = 'm' AND r.rngmultitypid = x.oid), x.oid) AS oid,
       x.oid AS own, {command:x} AS command, 1::bigint AS count,
       CASE WHEN x.typtype = 'm' THEN 'r' ELSE x.typtype::text END AS note
FROM pg_catalog.pg_type x
WHERE {recent:x}
-- == pg_proc
SELECT 'pg_proc' AS catalog, x.oid AS oid, x.oid AS own, {command:x} AS command, 1::bigint AS count, x.prokind::text AS note
FROM pg_catalog.pg_proc x
WHERE {recent:x}
-- == pg_constraint near x.conrelid = ANY ({relations})
SELECT CASE WHEN x.conrelid <> 0 THEN 'pg_class' ELSE 'pg_type' END AS catalog,
       CASE WHEN x.conrelid <> 0 THEN x.conrelid ELSE x.contypid END AS oid, x.oid AS own,
       {command:x} AS command, 1::bigint AS count, NULL::text AS note
FROM pg_catalog.pg_constraint x
WHERE {recent:x}
-- == pg_trigger near x.tgrelid = ANY ({relations})
SELECT CASE WHEN NOT x.tgisinternal OR x.tgparentid <> 0 THEN 'pg_class' END AS catalog, x.tgrelid AS oid, x.oid AS own,
       {command:x} AS command, 1::bigint AS count, NULL::text AS note
FROM pg_catalog.pg_trigger x
WHERE {recent:x}
-- == pg_rewrite near x.ev_class = ANY ({relations})
SELECT 'pg_class' AS catalog, x.ev_class AS oid, x.oid AS own, {command:x} AS command, 1::bigint AS count, NULL::text AS note
FROM pg_catalog.pg_rewrite x
WHERE {recent:x}
-- == pg_policy near x.polrelid = ANY ({relations})
SELECT 'pg_class' AS catalog, x.polrelid AS oid, x.oid AS own, {command:x} AS command, 1::bigint AS count, NULL::text AS note
FROM pg_catalog.pg_policy x
WHERE {recent:x}
-- == pg_statistic_ext near x.stxrelid = ANY ({relations})
SELECT 'pg_class' AS catalog, x.stxrelid AS oid, x.oid AS own, {command:x} AS command, 1::bigint AS count, NULL::text AS note
FROM pg_catalog.pg_statistic_ext x
WHERE {recent:x}
-- == pg_attrdef near x.adrelid = ANY ({relations})
SELECT 'pg_class' AS catalog, x.adrelid AS oid, x.oid AS own, {command:x} AS command, 1::bigint AS count, NULL::text AS note
FROM pg_catalog.pg_attrdef x
WHERE {recent:x}
-- == pg_index near x.indrelid = ANY ({relations})
SELECT 'pg_class' AS catalog, x.indrelid AS oid, x.indexrelid AS own, {command:x} AS command, 1::bigint AS count, NULL::text AS note
FROM pg_catalog.pg_index x
WHERE {recent:x}
-- == pg_sequence near x.seqrelid = ANY ({relations})
SELECT 'pg_class' AS catalog, x.seqrelid AS oid, x.seqrelid AS own, {command:x} AS command, 1::bigint AS count, NULL::text AS note
FROM pg_catalog.pg_sequence x
WHERE {recent:x}
-- == pg_inherits near x.inhrelid = ANY ({relations})
SELECT 'pg_class' AS catalog, x.inhrelid AS oid, x.inhrelid AS own, {command:x} AS command, 1::bigint AS count, NULL::text AS note
FROM pg_catalog.pg_inherits x
WHERE {recent:x}
-- == pg_enum
SELECT 'pg_type' AS catalog, x.enumtypid AS oid, x.oid AS own, {command:x} AS command, 1::bigint AS count, NULL::text AS note
FROM pg_catalog.pg_enum x
WHERE {recent:x}
-- == pg_range
SELECT 'pg_type' AS catalog, x.rngtypid AS oid, x.rngtypid AS own, {command:x} AS command, 1::bigint AS count, NULL::text AS note
FROM pg_catalog.pg_range x
WHERE {recent:x}
-- == pg_depend near (x.classid, x.objid) IN (SELECT o_.class, o_.oid FROM ({parts}) o_)
-- Members of extensions ask for a full reading. Row types and array types belong to their table or element.
SELECT CASE WHEN x.objid < 16384 THEN NULL WHEN x.deptype = 'e' THEN 'pg_extension'
            WHEN x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass THEN 'pg_class'
            WHEN x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass THEN 'pg_proc'
            WHEN x.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND x.deptype <> 'i' THEN 'pg_type' END AS catalog,
       x.objid AS oid, x.objid AS own, {command:x} AS command, 1::bigint AS count,
       CASE WHEN x.objid >= 16384 AND x.deptype <> 'e' THEN pg_catalog.concat_ws(
           ' ', x.classid, x.objid, x.objsubid, x.refclassid, x.refobjid, x.refobjsubid, x.deptype) END AS note
FROM pg_catalog.pg_depend x
WHERE {recent:x}
-- == parts
SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS class, pg_catalog.unnest({relations}) AS oid
UNION ALL
SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, pg_catalog.unnest(ARRAY[r_.reltype, t_.typarray])
FROM pg_catalog.pg_class r_ JOIN pg_catalog.pg_type t_ ON t_.oid = r_.reltype WHERE r_.oid = ANY ({relations})
UNION ALL
SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, p_.oid FROM pg_catalog.pg_constraint p_
WHERE p_.conrelid = ANY ({relations}) AND {recent:p_}
UNION ALL
SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, p_.oid FROM pg_catalog.pg_trigger p_
WHERE p_.tgrelid = ANY ({relations}) AND {recent:p_}
UNION ALL
SELECT 'pg_catalog.pg_rewrite'::pg_catalog.regclass, p_.oid FROM pg_catalog.pg_rewrite p_
WHERE p_.ev_class = ANY ({relations}) AND {recent:p_}
UNION ALL
SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, p_.oid FROM pg_catalog.pg_policy p_
WHERE p_.polrelid = ANY ({relations}) AND {recent:p_}
UNION ALL
SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, p_.oid FROM pg_catalog.pg_statistic_ext p_
WHERE p_.stxrelid = ANY ({relations}) AND {recent:p_}
UNION ALL
SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass, p_.oid FROM pg_catalog.pg_attrdef p_
WHERE p_.adrelid = ANY ({relations}) AND {recent:p_}
