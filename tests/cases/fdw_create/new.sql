create foreign data wrapper dummy options (debug 'true');
create server far type 'oracle' version '12' foreign data wrapper dummy options (host 'example.com', dbname 'it''s');
create user mapping for shop_reader server far options (user 'bob', password 'secret');
create user mapping for public server far;
create foreign table remote (id int options (column_name 'ID') not null, name text) server far options (table_name 'REMOTE');
