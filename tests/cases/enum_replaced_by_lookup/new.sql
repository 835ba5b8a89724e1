create table state_lookup (id int primary key, name text unique);
alter table t add state_id int references state_lookup;
alter table t drop column state;
drop type state;
