drop view recent;
alter table event rename to event_old;
create table event (id bigint primary key, at timestamptz not null, kind text);
insert into event select id, at, kind from event_old;
drop table event_old;
create index event_at on event (at);
create view recent as select id from event where at > '2020-01-01';
