create table t (id int);
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger a before update on t for each row execute function touch();
create trigger b before update on t for each row execute function touch();
create trigger c before update on t for each row execute function touch();
alter table t enable replica trigger c;
