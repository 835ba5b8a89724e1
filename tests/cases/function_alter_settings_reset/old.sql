create function f() returns int language sql set search_path = '' set timezone = 'UTC' as 'select 1';
