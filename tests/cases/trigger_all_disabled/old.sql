create table parent (id int primary key);
create table t (id int references parent);
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger a before update on t for each row execute function touch();
create trigger b before update on t for each row execute function touch();
