drop view v;
alter table t alter code type text;
create view v as select id, code from t;
