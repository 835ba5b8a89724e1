-- min: 15
create type state as enum ('a', 'b');
create table t (id int primary key, s state, n int);
create table u (id int primary key);
create publication p for table t (id, n) where (n > 5), u;
comment on publication p is 'out';
