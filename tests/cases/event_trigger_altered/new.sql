drop event trigger watch;
create event trigger watch on ddl_command_end when tag in ('CREATE SEQUENCE') execute function on_ddl();
alter event trigger watch enable replica;
