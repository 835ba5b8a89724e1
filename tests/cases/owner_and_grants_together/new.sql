alter table t owner to shop_owner;
revoke select on t from shop_reader;
grant select (id) on t to shop_reader;
grant all on t to shop_admin;
