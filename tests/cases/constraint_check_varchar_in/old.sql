create table t (id int, state varchar(10) not null constraint state_enum check (state in ('NEW', 'OPEN', 'DONE')));
create index t_open on t (id) where state in ('NEW', 'OPEN');
create view v as select id from t where state in ('NEW', 'OPEN');
