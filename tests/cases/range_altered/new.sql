drop view v;
alter table t drop column n;
drop type namerange;
create type namerange as range (subtype = text, collation = "POSIX");
alter table t add n namerange;
create view v as select n from t;
