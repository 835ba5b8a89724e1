SELECT
    p.oid AS oid,
    pg_catalog.quote_ident(p.pubname) AS identity,
    p.pubname::text AS name,
    pg_catalog.pg_get_userbyid(p.pubowner)::text AS owner,
    p.puballtables AS all_tables,
    pg_catalog.concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
        CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END) AS publish,
    p.pubviaroot AS via_partition_root,
    'none' AS publish_generated_columns
FROM pg_catalog.pg_publication p
WHERE {user:p.oid} AND {own:pg_publication, p.oid} AND {only:p.oid}
ORDER BY p.oid
