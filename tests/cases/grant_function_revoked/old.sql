create function f(i int) returns int language sql as 'select i';
revoke execute on function f(int) from public;
grant execute on function f(int) to shop_reader, shop_writer;
