create type state as enum ('new', 'old', 'gone');
create table t (id int, state state not null default 'new');
create index t_state on t (state) where state = 'old';
