alter default privileges grant all on tables to shop_admin;
alter default privileges revoke execute on functions from public;
drop view v;
drop table t;
drop function f();
