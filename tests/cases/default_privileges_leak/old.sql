create table t (id int primary key, n int);
create view v as select n from t;
create function f() returns int language sql as 'select 1';
