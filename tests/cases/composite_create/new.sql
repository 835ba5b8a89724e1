create type address as (street text, zip varchar(10), city text collate "C");
alter table t add addr address;
