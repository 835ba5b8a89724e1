alter table t alter body type text;
