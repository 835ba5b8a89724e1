create function positive(i int) returns boolean language sql immutable as 'select i > 0';
create function one() returns int language sql immutable as 'select 1';
create table t (id int default one(), n int constraint n_positive check (positive(n)), g int generated always as (one() + 1) stored);
create index t_pos on t (id) where positive(id);
create view v as select id from t where positive(n);
create policy only_positive on t using (positive(id));
