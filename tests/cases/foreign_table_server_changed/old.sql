create foreign data wrapper dummy;
create server far foreign data wrapper dummy;
create server near foreign data wrapper dummy;
create foreign table remote (id int) server far options (x 'y');
comment on column remote.id is 'key';
alter foreign table remote owner to shop_owner;
