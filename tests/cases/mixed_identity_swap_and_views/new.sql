create table orders (id bigint generated always as identity primary key, total numeric(12,2), currency char(3) not null default 'EUR');
insert into orders (total) select total from old_orders;
drop view totals;
drop table old_orders;
create view totals as select currency, sum(total) as total from orders group by currency;
