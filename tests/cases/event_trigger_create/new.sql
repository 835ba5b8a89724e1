create function on_ddl() returns event_trigger language plpgsql as 'begin null; end';
create event trigger watch on ddl_command_end when tag in ('CREATE SEQUENCE', 'DROP SEQUENCE') execute function on_ddl();
comment on event trigger watch is 'watches';
