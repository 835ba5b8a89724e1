alter default privileges for role shop_owner grant select, insert on tables to shop_reader with grant option;
