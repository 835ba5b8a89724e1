create type address as (street text, zip varchar(10), city text collate "C");
comment on type address is 'where';
comment on column address.zip is 'postal';
grant usage on type address to shop_writer;
alter type address owner to shop_owner;
create function f(address) returns text language sql as 'select ($1).zip';
