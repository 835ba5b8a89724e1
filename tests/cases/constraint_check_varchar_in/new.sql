drop view v;
alter table t drop constraint state_enum;
drop index t_open;
alter table t add constraint state_enum check (state in ('NEW', 'OPEN', 'DONE', 'LOST'));
create index t_open on t (id) where state in ('NEW', 'OPEN', 'LOST');
