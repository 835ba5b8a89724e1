create function my_call_handler() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
create language mylang handler my_call_handler;
