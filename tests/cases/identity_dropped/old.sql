create table t (id int generated always as identity (start 100 cache 5) primary key, n int);
grant usage on sequence t_id_seq to shop_reader;
comment on sequence t_id_seq is 'ids';
