alter publication p rename to warehouse;
alter table t rename to things;
