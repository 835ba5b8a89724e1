alter default privileges for role shop_owner grant select on tables to shop_reader;
