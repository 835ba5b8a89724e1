create schema remote;
create foreign data wrapper dummy;
create server far foreign data wrapper dummy;
create foreign table things (id int) server far;
grant select on things to shop_reader;
