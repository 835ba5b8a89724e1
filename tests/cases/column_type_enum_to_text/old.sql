create type state as enum ('new', 'paid', 'sent');
create table orders (id int, state state not null default 'new');
create index orders_open on orders (id) where state <> 'sent';
