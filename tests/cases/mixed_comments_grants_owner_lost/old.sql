create table t (id int, n int);
create view v as select id, n from t;
comment on view v is 'all';
comment on column v.n is 'number';
grant select on v to shop_reader with grant option;
grant select (id) on v to public;
alter view v owner to shop_owner;
