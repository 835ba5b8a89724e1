create schema fn;
create table t (id int);
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touch before insert on t for each row execute function touch();
