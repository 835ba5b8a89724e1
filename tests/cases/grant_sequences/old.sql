create sequence q;
create table t (id serial);
grant usage on sequence q to shop_writer;
