revoke select (name) on customer from shop_reader;
revoke references (id) on customer from shop_reader;
