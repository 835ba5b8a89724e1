drop view v;
alter table t drop column amount;
alter table t add column amount numeric(10,2);
create view v as select amount from t;
