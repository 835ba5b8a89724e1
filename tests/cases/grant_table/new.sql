grant select on orders to shop_reader;
grant insert, update, delete on orders to shop_writer;
