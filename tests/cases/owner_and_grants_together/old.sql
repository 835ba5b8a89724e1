create table t (id int, secret text);
grant select on t to shop_reader;
grant update (secret) on t to shop_writer;
