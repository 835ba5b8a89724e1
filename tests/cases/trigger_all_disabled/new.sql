alter table t disable trigger user;
