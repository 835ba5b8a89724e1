create schema sales;
create table sales.customer (id int primary key, name text not null);
create view sales.named as select name from sales.customer;
create function sales.customers() returns bigint language plpgsql as 'begin return (select count(*) from sales.customer); end';
