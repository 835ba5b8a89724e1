create or replace function pick(i int) returns int return (select m from t where id = i);
alter table t drop column n;
