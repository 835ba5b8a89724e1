alter default privileges revoke select on tables from shop_reader;
alter default privileges revoke usage on types from shop_writer;
alter default privileges grant execute on functions to public;
alter default privileges revoke usage on schemas from shop_reader;
create table b (id int);
drop table a;
