revoke grant option for insert on t from shop_writer;
