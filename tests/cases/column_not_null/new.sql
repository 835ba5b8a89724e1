alter table t alter id set not null, alter a drop not null;
