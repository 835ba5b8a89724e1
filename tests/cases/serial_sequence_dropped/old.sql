create table t (id serial primary key, n int);
grant select on sequence t_id_seq to shop_reader;
