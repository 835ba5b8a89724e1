alter table t drop column code;
