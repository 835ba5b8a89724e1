drop materialized view mv;
drop view v;
alter table t alter n type bigint;
create view v as select n, n + 1 as m from t;
create materialized view mv as select sum(n) from t;
