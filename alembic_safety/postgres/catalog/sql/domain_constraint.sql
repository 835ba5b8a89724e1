-- The NOT NULL of a domain is a constraint too from PostgreSQL 17 on; with its automatic name it says no more than not_null.
SELECT
    k.oid AS oid,
    pg_catalog.quote_ident(k.conname) AS identity,
    k.conname::text AS name,
    k.contypid AS parent,
    pg_catalog.pg_get_constraintdef(k.oid) AS definition,
    k.convalidated AS validated
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_type t ON t.oid = k.contypid
WHERE {user:k.oid} AND k.contypid <> 0
  AND (k.contype = 'c' OR (k.contype = 'n' AND k.conname <> t.typname || '_not_null')) AND {only:k.contypid}
ORDER BY k.oid
