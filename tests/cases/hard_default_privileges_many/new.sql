alter default privileges for role shop_owner grant insert on tables to shop_owner;
alter default privileges for role shop_owner revoke select on tables from shop_reader;
alter default privileges for role shop_owner in schema app revoke grant option for all on sequences from shop_writer;
alter default privileges for role shop_owner grant execute on functions to public;
alter default privileges in schema app grant execute on functions to shop_reader;
