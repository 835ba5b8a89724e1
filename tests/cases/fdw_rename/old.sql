create foreign data wrapper dummy;
create server far foreign data wrapper dummy;
create user mapping for public server far options (a 'b');
create foreign table remote (id int) server far;
