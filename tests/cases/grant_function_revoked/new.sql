grant execute on function f(int) to public;
revoke execute on function f(int) from shop_writer;
