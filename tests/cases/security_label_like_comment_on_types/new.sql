comment on type c is 'composite';
comment on type e is 'enum';
comment on domain d is 'domain';
comment on type r is 'range';
alter type c owner to shop_owner;
alter type r owner to shop_owner;
grant usage on type c to shop_reader;
revoke usage on type r from public;
