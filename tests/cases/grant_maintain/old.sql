-- min: 17
create table t (id int);
grant select on t to shop_reader;
