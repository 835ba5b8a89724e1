create function price(id int) returns numeric language sql as 'select 1.0';
grant execute on function price(int) to shop_reader;
create view prices as select price(1) as p;
