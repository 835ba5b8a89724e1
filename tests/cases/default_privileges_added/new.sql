alter default privileges grant select on tables to shop_reader;
alter default privileges for role shop_owner revoke execute on functions from public;
create table after_it (id int);
