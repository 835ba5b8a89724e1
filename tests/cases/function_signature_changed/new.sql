drop view prices;
drop function price(int);
create function price(id bigint, currency text default 'EUR') returns numeric language sql as 'select 1.0';
create view prices as select price(1) as p;
