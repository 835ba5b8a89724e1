grant maintain on t to shop_writer;
revoke select on t from shop_reader;
