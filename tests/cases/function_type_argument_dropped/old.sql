create type state as enum ('a', 'b');
create function is_a(s state) returns boolean language sql immutable as $$ select s = 'a' $$;
create table t (s state, check (is_a(s)));
