alter materialized view m set (autovacuum_enabled = false);
alter materialized view m alter t set storage external, alter t set statistics 20;
