alter default privileges grant select on tables to shop_reader;
alter default privileges grant usage on types to shop_writer;
alter default privileges revoke execute on functions from public;
alter default privileges grant usage on schemas to shop_reader;
create table a (id int);
