create table customer (id int, name text, iban text);
grant select on customer to shop_reader;
