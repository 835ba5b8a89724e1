alter table t disable trigger a;
alter table t enable always trigger b;
alter table t enable trigger c;
