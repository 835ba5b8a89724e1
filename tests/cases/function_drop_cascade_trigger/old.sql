create table t (id int, changed timestamptz);
create function touch() returns trigger language plpgsql as 'begin new.changed := now(); return new; end';
create trigger touch before update on t for each row execute function touch();
alter table t disable trigger touch;
comment on trigger touch on t is 'stamps';
