revoke select on customer from shop_reader;
grant select (id, name) on customer to shop_reader;
grant update (name) on customer to shop_writer with grant option;
