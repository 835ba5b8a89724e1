revoke usage on schema sales from shop_reader;
grant usage, create on schema sales to shop_writer with grant option;
