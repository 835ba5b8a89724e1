revoke execute on function pg_sleep(float8) from public;
grant execute on function pg_read_file(text) to shop_admin;
revoke select on pg_settings from public;
