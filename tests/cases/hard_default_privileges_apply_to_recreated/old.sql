alter default privileges grant select on tables to shop_reader;
alter default privileges revoke execute on functions from public;
alter default privileges grant usage on sequences to shop_writer;
create table t (id serial, n int);
create view v as select n from t;
create function f() returns int language sql as 'select 1';
revoke select on v from shop_reader;
grant execute on function f() to public;
