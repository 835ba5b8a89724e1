SELECT
    d.oid AS oid,
    pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole))
        || CASE WHEN d.defaclnamespace <> 0 THEN ' IN SCHEMA ' || d.defaclnamespace::pg_catalog.regnamespace::text ELSE '' END
        || ' ' || k.word AS identity,
    '' AS name,
    d.defaclacl::text[] AS acl,
    NULL::text[] AS acl_default,
    pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)) AS role,
    CASE WHEN d.defaclnamespace <> 0 THEN d.defaclnamespace::pg_catalog.regnamespace::text END AS for_schema,
    k.word AS object_type
FROM pg_catalog.pg_default_acl d
CROSS JOIN LATERAL (
    SELECT CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
        WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END AS word
) k
WHERE {user:d.oid} AND {only:d.oid}
ORDER BY d.oid
