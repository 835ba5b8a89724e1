alter table t alter id drop default;
drop function total();
create function total() returns bigint language sql as 'select 1::bigint';
alter table t alter id set default total();
