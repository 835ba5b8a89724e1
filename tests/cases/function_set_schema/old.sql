create schema util;
create function trim_all(t text) returns text language sql immutable as $$ select btrim(t) $$;
create table t (name text check (trim_all(name) <> ''));
