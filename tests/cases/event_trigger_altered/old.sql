create function on_ddl() returns event_trigger language plpgsql as 'begin null; end';
create event trigger watch on ddl_command_start execute function on_ddl();
