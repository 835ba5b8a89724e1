-- PostgreSQL 14 publishes no schemas.
SELECT
    NULL::oid AS oid,
    NULL::text AS identity,
    NULL::text AS name,
    NULL::oid AS parent,
    NULL::text AS published_schema
WHERE false
