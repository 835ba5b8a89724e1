create table t (id int, n int);
create view v with (security_barrier = true) as select id, n from t where n > 0 with cascaded check option;
comment on view v is 'positive';
comment on column v.n is 'number';
alter view v owner to shop_owner;
alter view v alter n set default 7;
grant select (id) on v to shop_reader;
