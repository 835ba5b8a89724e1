create function my_call_handler() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
create function my_inline(internal) returns void language c strict as '$libdir/plpgsql', 'plpgsql_inline_handler';
create function my_validator(oid) returns void language c strict as '$libdir/plpgsql', 'plpgsql_validator';
create trusted language mylang handler my_call_handler inline my_inline validator my_validator;
create function f() returns int language mylang as 'begin return 1; end';
grant usage on language mylang to shop_writer;
alter language mylang owner to shop_owner;
