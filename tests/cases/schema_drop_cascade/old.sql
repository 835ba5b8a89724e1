create schema legacy;
create type legacy.state as enum ('open', 'closed');
create table legacy.ticket (id serial primary key, state legacy.state not null default 'open');
create view legacy.open_ticket as select id from legacy.ticket where state = 'open';
create function legacy.close(i int) returns void language sql as 'update legacy.ticket set state = ''closed'' where id = i';
create view public.ticket_count as select count(*) from legacy.ticket;
