alter table t alter id type bigint;
