create function on_ddl() returns event_trigger language plpgsql as 'begin null; end';
create event trigger watch on sql_drop execute function on_ddl();
alter event trigger watch disable;
comment on event trigger watch is 'watches';
