revoke select, insert on t from shop_writer cascade;
