revoke select on t from shop_reader;
grant select on t to shop_reader;
