create type mood as enum ('sad', 'ok', 'happy');
alter table t add mood mood default 'ok';
