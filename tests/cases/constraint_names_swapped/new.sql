alter table t rename constraint one to tmp;
alter table t rename constraint two to one;
alter table t rename constraint tmp to two;
