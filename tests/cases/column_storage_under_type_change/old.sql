create table t (id int, body varchar(100));
alter table t alter body set storage external, alter body set statistics 50;
