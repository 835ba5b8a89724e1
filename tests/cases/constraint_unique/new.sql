alter table t drop constraint t_a_key;
alter table t drop constraint bc;
alter table t add constraint abc unique (a, b, c) deferrable;
