create table t (id int, a int);
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touch before update on t for each row execute function touch();
comment on trigger touch on t is 'stamps';
