create table t (id int, n int);
create view v as select id from t;
