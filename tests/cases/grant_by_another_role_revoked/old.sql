create table t (id int);
grant select, insert on t to shop_writer with grant option;
set role shop_writer;
grant select on t to shop_reader;
grant insert on t to shop_reader with grant option;
reset role;
set role shop_reader;
grant insert on t to shop_admin;
reset role;
