create foreign data wrapper one;
create foreign data wrapper two;
create server far foreign data wrapper one options (a 'b');
create user mapping for shop_reader server far options (user 'x');
create foreign table r (id int) server far;
create view v as select id from r;
