alter table t rename a to c;
alter table t rename b to a;
alter table t rename c to b;
