create foreign data wrapper dummy;
create server far foreign data wrapper dummy;
create foreign table remote (id int) server far;
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touch before insert on remote for each row execute function touch();
