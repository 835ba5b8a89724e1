drop event trigger watch;
drop function on_ddl();
