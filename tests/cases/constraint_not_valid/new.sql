alter table t validate constraint t_fk;
alter table t validate constraint t_check;
