create table t (id int, body text) with (fillfactor = 80, toast.autovacuum_enabled = false);
