alter table t drop constraint t_b_key;
alter table t add unique nulls not distinct (a);
