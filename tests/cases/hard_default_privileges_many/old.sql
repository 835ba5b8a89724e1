alter default privileges for role shop_owner grant select on tables to shop_reader;
alter default privileges for role shop_owner revoke all on functions from public;
alter default privileges for role shop_owner revoke insert on tables from shop_owner;
create schema app authorization shop_owner;
alter default privileges for role shop_owner in schema app grant all on sequences to shop_writer with grant option;
