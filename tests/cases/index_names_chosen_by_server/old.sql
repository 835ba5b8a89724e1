create table t (a int, b int, c int);
create index on t (a);
create index on t (a);
