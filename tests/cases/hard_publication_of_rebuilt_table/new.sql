alter publication p drop table t;
alter table t alter n type bigint;
alter publication p add table t (id, s);
