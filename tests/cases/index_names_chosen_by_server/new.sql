drop index t_a_idx;
create index on t (b, c);
alter table t add unique (a, b);
