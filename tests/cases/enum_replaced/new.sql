drop index t_state;
alter type state rename to state_old;
create type state as enum ('new', 'gone');
alter table t alter state drop default;
alter table t alter state type state using state::text::state;
alter table t alter state set default 'new';
drop type state_old;
create index t_state on t (state) where state = 'gone';
