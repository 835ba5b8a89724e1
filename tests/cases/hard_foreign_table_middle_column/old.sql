-- order: always
create foreign data wrapper dummy;
create server far foreign data wrapper dummy;
create foreign table r (id int, name text default 'x', note text) server far options (t 'x');
create view v as select id, name from r;
grant select (name) on r to shop_reader;
comment on column r.name is 'name';
