revoke execute on function f(int) from public;
grant execute on function f(int) to shop_reader;
revoke execute on procedure p() from public;
