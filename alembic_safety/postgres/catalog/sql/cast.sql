SELECT
    c.oid AS oid,
    '(' || pg_catalog.format_type(c.castsource, NULL) || ' AS ' || pg_catalog.format_type(c.casttarget, NULL) || ')' AS identity,
    '' AS name,
    'CREATE CAST (' || pg_catalog.format_type(c.castsource, NULL) || ' AS ' || pg_catalog.format_type(c.casttarget, NULL) || ') '
        || CASE c.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || c.castfunc::pg_catalog.regprocedure::text
            WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END
        || CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END AS definition,
    pg_catalog.format_type(c.castsource, NULL) AS source,
    pg_catalog.format_type(c.casttarget, NULL) AS target
FROM pg_catalog.pg_cast c
LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = c.castsource AND r.rngmultitypid = c.casttarget
-- A range type comes with the cast to its multirange.
WHERE {user:c.oid} AND r.rngtypid IS NULL AND {own:pg_cast, c.oid} AND {only:c.oid}
ORDER BY c.oid
