create table t (id int);
create view v with (security_barrier) as select id from t with check option;
