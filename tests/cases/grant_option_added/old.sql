create table t (id int);
grant select, insert on t to shop_writer;
