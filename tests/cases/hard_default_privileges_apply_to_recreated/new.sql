drop view v;
drop function f();
drop table t;
