alter table t alter b drop expression;
