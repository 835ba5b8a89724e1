drop view v cascade;
create materialized view v as select id from t with no data;
create view w as select id from v;
