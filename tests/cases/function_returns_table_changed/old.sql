create table item (id int, name text, price numeric);
create function items() returns table (id int, name text) language sql stable as 'select id, name from item';
create view item_names as select name from items();
