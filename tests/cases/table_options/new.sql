alter table t set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1);
alter table t reset (toast.autovacuum_enabled);
