create schema archive;
create table invoice (id serial primary key, n int unique);
create index invoice_n on invoice (n desc);
create view v as select id from invoice;
