drop view v cascade;
create view v as select n::text as n, id from t;
