revoke execute on function hstore(text, text) from public;
revoke execute on function hstore(text, text) from shop_reader;
grant usage on type hstore to shop_writer;
