alter table t alter id drop identity;
