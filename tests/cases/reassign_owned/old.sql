create table a (id int);
create view b as select id from a;
alter table a owner to shop_writer;
alter view b owner to shop_writer;
create function f() returns int language sql as 'select 1';
alter function f() owner to shop_writer;
