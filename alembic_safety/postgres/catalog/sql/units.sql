-- What these OIDs are (one OID may be several catalogs'): the asked catalog and OID, the unit that is read again as a whole, its
-- letter of relkind, typtype or prokind, and which kinds of rows may hang on it.
SELECT 'pg_class', c.oid,
       CASE c.relkind WHEN 'c' THEN 'pg_type' ELSE 'pg_class' END,
       -- An index is read with its table, a composite type's relation with the type.
       CASE WHEN c.relkind IN ('i', 'I') THEN i.indrelid WHEN c.relkind = 'c' THEN c.reltype ELSE c.oid END,
       r.relkind::text,
       CASE WHEN r.relkind NOT IN ('S', 'c', 't') THEN
           -- What the flags tell may be gone again. A view always has its own rule.
           CASE WHEN r.relhasindex THEN 'index ' ELSE '' END
           || CASE WHEN r.relhasrules AND r.relkind NOT IN ('v', 'm') THEN 'rule ' ELSE '' END
           || CASE WHEN r.relhastriggers THEN 'trigger ' ELSE '' END
           || CASE WHEN r.relkind IN ('r', 'p', 'f') THEN 'constraint ' ELSE '' END
           || CASE WHEN r.relkind = 'v' AND (SELECT pg_catalog.count(*) FROM pg_catalog.pg_rewrite x WHERE x.ev_class = r.oid) > 1
                   THEN 'rule ' ELSE '' END
           || CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_attrdef x WHERE x.adrelid = r.oid) THEN 'default ' ELSE '' END
           || CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_policy x WHERE x.polrelid = r.oid) THEN 'policy ' ELSE '' END
           || CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_statistic_ext x WHERE x.stxrelid = r.oid) THEN 'statistics ' ELSE '' END
       ELSE '' END
FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
JOIN pg_catalog.pg_class r ON r.oid = COALESCE(i.indrelid, c.oid)
WHERE {only:c.oid} AND r.relpersistence <> 't'
UNION ALL
SELECT 'pg_type', t.oid, 'pg_type', COALESCE(r.rngtypid, t.oid), CASE WHEN r.rngtypid IS NOT NULL THEN 'r' ELSE t.typtype::text END,
       CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_constraint x WHERE x.contypid = t.oid) THEN 'domain_constraint ' ELSE '' END
FROM pg_catalog.pg_type t
LEFT JOIN pg_catalog.pg_range r ON r.rngmultitypid = t.oid
LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
WHERE {only:t.oid} AND (t.typrelid = 0 OR c.relkind = 'c')
UNION ALL
SELECT 'pg_proc', p.oid, 'pg_proc', p.oid, p.prokind::text, ''
FROM pg_catalog.pg_proc p WHERE {only:p.oid}
UNION ALL
SELECT 'pg_namespace', n.oid, 'pg_namespace', n.oid, 'n', ''
FROM pg_catalog.pg_namespace n WHERE {only:n.oid}
