create table t (id int primary key, n int not null default 5 check (n > 0));
create index t_n on t (n);
create view v as select n, n + 1 as m from t;
create materialized view mv as select sum(n) from t;
