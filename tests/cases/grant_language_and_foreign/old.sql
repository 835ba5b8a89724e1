create foreign data wrapper dummy;
create server far foreign data wrapper dummy;
grant usage on foreign server far to shop_reader;
