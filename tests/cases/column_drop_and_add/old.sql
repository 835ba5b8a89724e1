create table t (id int, amount int not null default 0);
create view v as select amount from t;
