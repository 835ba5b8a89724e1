create function compute(i int) returns int language sql immutable as 'select i + 1';
create table t (id int, n int generated always as (compute(id)) stored);
create index t_c on t (compute(id));
create view v as select compute(id) as c from t;
