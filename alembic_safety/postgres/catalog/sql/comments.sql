SELECT d.classoid::pg_catalog.regclass::text, d.objoid, d.objsubid, NULL, d.description
FROM pg_catalog.pg_description d
WHERE ({user:d.objoid} OR (d.objoid = 2200 AND d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass))
  AND {only:d.objoid}
UNION ALL
SELECT l.classoid::pg_catalog.regclass::text, l.objoid, l.objsubid, l.provider, l.label
FROM pg_catalog.pg_seclabel l
WHERE {user:l.objoid} AND {only:l.objoid}
ORDER BY 1, 2, 3, 4
