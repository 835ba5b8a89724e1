drop table t;
drop type span;
