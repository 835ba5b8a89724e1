drop index orders_open;
alter table orders alter state drop default;
alter table orders alter state type text using state::text;
alter table orders alter state set default 'new';
alter table orders add constraint state_known check (state in ('new', 'paid', 'sent'));
create index orders_open on orders (id) where state <> 'sent';
drop type state;
