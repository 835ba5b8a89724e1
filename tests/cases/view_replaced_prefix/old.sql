create table t (id int, n int, m int);
create view v as select id, n from t;
create view w as select * from v;
