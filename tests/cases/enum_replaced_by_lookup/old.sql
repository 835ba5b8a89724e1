create type state as enum ('new', 'old');
create table t (id int, state state not null default 'new');
