drop function items() cascade;
create function items() returns table (id int, name text, price numeric) language sql stable as 'select id, name, price from item';
