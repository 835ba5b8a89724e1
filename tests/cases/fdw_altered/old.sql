create foreign data wrapper dummy options (debug 'true', level '1');
create server far type 'oracle' version '12' foreign data wrapper dummy options (host 'example.com', port '1521');
create user mapping for shop_reader server far options (user 'bob', password 'secret');
create foreign table remote (id int options (a '1', b '2'), name text) server far options (table_name 'REMOTE', x 'y');
