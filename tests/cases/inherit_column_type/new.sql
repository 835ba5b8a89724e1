drop view v;
alter table base alter n type bigint;
create view v as select n from base;
