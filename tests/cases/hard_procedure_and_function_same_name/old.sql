create function work(int) returns int language sql as 'select 1';
create procedure work(text) language sql as 'select 1';
create aggregate work(bigint) (sfunc = int8pl, stype = bigint);
grant execute on all routines in schema public to shop_reader;
