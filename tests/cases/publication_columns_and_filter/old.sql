-- min: 15
create table t (id int primary key, n int, secret text);
create schema app;
create publication p for table t (id, n) where (n > 5);
