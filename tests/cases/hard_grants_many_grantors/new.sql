drop view v;
drop table t;
