create table t (id int);
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touch before update on t for each row execute function touch();
