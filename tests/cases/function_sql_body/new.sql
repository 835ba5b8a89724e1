drop function double_n(int);
alter table t drop column n;
