create table t (id int, at text default '2020-01-01', flag int default 0, price money);
