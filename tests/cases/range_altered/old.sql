create type namerange as range (subtype = text, collation = "C");
create table t (n namerange);
create view v as select n from t;
