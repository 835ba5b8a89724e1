drop view v;
create view v as select id, n, 1 as one from t;
