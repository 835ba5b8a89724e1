create type address as (street text, zip varchar(10), city text);
create function f(address) returns text language sql as 'select ($1).zip';
