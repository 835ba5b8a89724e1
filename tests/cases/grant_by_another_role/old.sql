create table t (id int);
grant select on t to shop_writer with grant option;
