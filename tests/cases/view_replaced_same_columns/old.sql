create table t (id int, n int);
create view v as select id, n from t;
create view w as select * from v;
grant select on v to shop_reader;
