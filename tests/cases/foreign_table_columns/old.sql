create foreign data wrapper dummy;
create server far foreign data wrapper dummy;
create foreign table remote (id int, name varchar(20) default 'x', note text) server far;
