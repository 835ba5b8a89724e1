drop index t_name;
alter table t alter name type text;
drop collation plain;
