set role shop_writer;
grant select on t to shop_reader;
reset role;
