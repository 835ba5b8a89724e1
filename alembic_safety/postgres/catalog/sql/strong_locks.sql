-- What this transaction holds a lock on that is stronger than a writer's of rows: whatever it dropped is among them.
SELECT 'pg_class', l.relation
FROM pg_catalog.pg_locks l
WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid() AND l.relation >= 16384
  AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
UNION
SELECT c.relname::text, l.objid
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.classid
WHERE l.locktype = 'object' AND l.pid = pg_catalog.pg_backend_pid() AND l.mode = 'AccessExclusiveLock'
UNION
-- Who writes a catalog by hand keeps its lock.
SELECT 'by hand', l.relation
FROM pg_catalog.pg_locks l
WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid() AND l.relation < 16384 AND l.mode <> 'AccessShareLock'
