grant select, update on sequence q to shop_reader;
revoke usage on sequence q from shop_writer;
grant usage on sequence t_id_seq to shop_writer;
