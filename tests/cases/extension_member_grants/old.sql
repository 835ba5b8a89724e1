-- requires: hstore
create extension hstore;
grant execute on function hstore(text, text) to shop_reader;
