grant select on all tables in schema app to shop_reader;
grant usage on all sequences in schema app to shop_reader;
revoke execute on all functions in schema app from public;
grant usage on schema app to shop_reader;
