-- Whether any of these transactions has committed.
SELECT 1 FROM pg_catalog.unnest($1) x WHERE pg_catalog.pg_xact_status(x::text::pg_catalog.xid8) = 'committed' LIMIT 1
