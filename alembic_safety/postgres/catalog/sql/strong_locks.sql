-- What this transaction holds a lock on that is stronger than a writer's of rows: whatever it dropped is among them. Who writes a catalog
-- by hand keeps its lock. One look at the locks, of which some rows may come twice.
SELECT CASE WHEN l.locktype = 'object' THEN l.classid::pg_catalog.regclass::text WHEN l.relation >= 16384 THEN 'pg_catalog.pg_class' ELSE 'by hand' END,
       CASE WHEN l.locktype = 'object' THEN l.objid ELSE l.relation END
FROM pg_catalog.pg_lock_status() l
WHERE l.pid = pg_catalog.pg_backend_pid()
  AND CASE WHEN l.locktype = 'object' THEN l.mode = 'AccessExclusiveLock'
           WHEN l.locktype <> 'relation' THEN false
           WHEN l.relation >= 16384 THEN l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
           ELSE l.mode <> 'AccessShareLock' END
