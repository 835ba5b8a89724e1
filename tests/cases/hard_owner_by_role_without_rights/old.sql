create schema private authorization shop_owner;
set role shop_owner;
create table private.t (id serial primary key);
create view private.v as select id from private.t;
create function private.f() returns int language sql as 'select 1';
grant usage on schema private to shop_reader;
grant select on private.v to shop_reader;
reset role;
