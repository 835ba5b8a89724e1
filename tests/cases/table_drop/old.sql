create table customer (id int primary key);
create table invoice (
  id serial primary key,
  customer_id int not null references customer on delete cascade,
  number varchar(20) not null constraint number_unique unique deferrable initially deferred,
  total numeric(12,2) default 0 check (total >= 0),
  gross numeric generated always as (total * 1.19) stored
) with (fillfactor = 70, autovacuum_enabled = false);
create index invoice_total on invoice (total);
create index invoice_big on invoice (gross) where total > 100;
alter table invoice alter number set statistics 500, alter number set storage external;
alter table invoice alter column total set (n_distinct = 5);
alter table invoice replica identity full;
alter table invoice cluster on invoice_total;
comment on column invoice.total is 'net';
grant select (id), update (total) on invoice to shop_reader;
alter table invoice owner to shop_owner;
