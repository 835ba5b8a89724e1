alter table t disable rule a;
alter table t enable replica rule b;
