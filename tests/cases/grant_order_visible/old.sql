create table t (id int);
grant select on t to shop_reader;
grant select on t to shop_writer;
grant select on t to shop_admin;
