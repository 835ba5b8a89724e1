create foreign data wrapper dummy;
create server far foreign data wrapper dummy;
create user mapping for shop_reader server far options (user 'bob', password 'it''s');
create user mapping for public server far;
