-- Retention is twelve months. Detached first, so that the export can finish; dropped after.
alter table audit.events detach partition audit.events_2023_06;
alter table audit.events detach partition audit.events_2023_07;

create schema archive;
comment on schema archive is 'Detached audit months, exported and dropped by ops';
alter table audit.events_2023_06 set schema archive;
alter table audit.events_2023_07 set schema archive;
