create table event (id int, at timestamp, kind text);
create index event_at on event (at);
create view recent as select id from event where at > '2020-01-01';
