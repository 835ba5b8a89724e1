create table t (id int);
create function log() returns trigger language plpgsql as 'begin return null; end';
create trigger log_update after update on t referencing old table as was new table as is_now for each statement execute function log();
