create table log (tag text);
create function on_ddl() returns event_trigger language plpgsql as 'begin insert into log values (tg_tag); end';
create event trigger watch on ddl_command_end execute function on_ddl();
