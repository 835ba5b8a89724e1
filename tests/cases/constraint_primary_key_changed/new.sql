alter table t drop constraint t_key;
alter table t add constraint t_key primary key (a, id);
