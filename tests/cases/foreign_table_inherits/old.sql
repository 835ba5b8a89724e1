create foreign data wrapper dummy;
create server far foreign data wrapper dummy;
create table base (id int, n int);
create foreign table child (extra text) inherits (base) server far;
