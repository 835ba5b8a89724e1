-- min: 18
create table t (id int primary key, d int generated always as (id * 2) stored);
create publication p for table t;
