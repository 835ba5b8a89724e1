create foreign data wrapper dummy;
create server far foreign data wrapper dummy;
create foreign table remote (id int, name text, last_one int options (x 'y') not null default 5) server far;
grant select on remote to shop_reader;
