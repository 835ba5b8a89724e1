alter default privileges in schema app revoke select on tables from shop_reader;
alter default privileges in schema app grant usage on sequences to shop_writer;
drop table app.t;
