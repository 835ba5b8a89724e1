create table t (id int, price numeric(10,2), gross numeric generated always as (price * 1.19) stored);
